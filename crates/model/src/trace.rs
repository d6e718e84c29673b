//! Where something stands in a trace (W3C Trace Context §3.2.2).

const TRACE_BYTES: usize = 16;
const SPAN_BYTES: usize = 8;

/// A span of a trace that is recorded: what another one can point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracePlace {
    /// The trace.
    pub trace_id: [u8; TRACE_BYTES],
    /// The span in it.
    pub span_id: [u8; SPAN_BYTES],
}

impl TracePlace {
    /// Both ids, one after the other.
    #[must_use]
    pub fn to_bytes(self) -> [u8; TRACE_BYTES + SPAN_BYTES] {
        let mut bytes = [0; TRACE_BYTES + SPAN_BYTES];
        bytes[..TRACE_BYTES].copy_from_slice(&self.trace_id);
        bytes[TRACE_BYTES..].copy_from_slice(&self.span_id);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` if that is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (trace_id, span_id) = bytes.split_first_chunk()?;
        Some(Self {
            trace_id: *trace_id,
            span_id: span_id.try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = TracePlace {
            trace_id: [1; 16],
            span_id: [2; 8],
        };
        assert_eq!(TracePlace::from_bytes(&place.to_bytes()), Some(place));
        assert_eq!(TracePlace::from_bytes(&[0; 23]), None);
        assert_eq!(TracePlace::from_bytes(&[0; 25]), None);
    }
}
