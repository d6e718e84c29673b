//! Measuring two requests in turns.

use std::time::{Duration, Instant};

/// How often each side of a pair is sent before anything counts.
const WARM_UP: usize = 20;

/// Which side of a pair is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What might cost more.
    Large,
    /// What it is compared with.
    Small,
}

/// Sends both sides in turns, the one and then the other first, and gives the medians of
/// large and small.
///
/// `send` does whatever has to be done around a request and gives the time of the request alone.
///
/// # Errors
///
/// The first error of `send`.
pub async fn in_turns<F>(
    rounds: usize,
    mut send: impl FnMut(Side) -> F,
) -> anyhow::Result<(Duration, Duration)>
where
    F: Future<Output = anyhow::Result<Duration>>,
{
    let (mut large, mut small) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + rounds {
        let mut order = [Side::Large, Side::Small];
        if round % 2 == 1 {
            order.reverse();
        }
        for side in order {
            let time = send(side).await?;
            if round >= WARM_UP {
                match side {
                    Side::Large => large.push(time),
                    Side::Small => small.push(time),
                }
            }
        }
    }
    Ok((median(large), median(small)))
}

/// How long something took.
///
/// # Errors
///
/// Its own.
pub async fn timed<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(T, Duration)> {
    let begin = Instant::now();
    let outcome = work.await?;
    Ok((outcome, begin.elapsed()))
}

/// The middle one; of an even number, the mean of the two in the middle.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let middle = times.len() / 2;
    match (times.get(middle), times.len() % 2) {
        (None, _) => Duration::ZERO,
        (Some(&upper), 1) => upper,
        (Some(&upper), _) => (times.get(middle - 1).copied().unwrap_or(upper) + upper) / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(times: &[u64]) -> Vec<Duration> {
        times
            .iter()
            .map(|time| Duration::from_micros(*time))
            .collect()
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(micros(&[9, 1, 5])), Duration::from_micros(5));
        assert_eq!(median(micros(&[9, 1, 5, 7])), Duration::from_micros(6));
        assert_eq!(median(Vec::new()), Duration::ZERO);
    }

    #[tokio::test]
    async fn both_sides_are_sent_in_turns_and_the_warm_up_does_not_count() {
        let mut sent = Vec::new();
        let (large, small) = in_turns(3, |side| {
            sent.push(side);
            let warm = sent.len() <= 2 * WARM_UP;
            let time = match side {
                _ if warm => Duration::from_secs(9),
                Side::Large => Duration::from_micros(2),
                Side::Small => Duration::from_micros(1),
            };
            async move { Ok(time) }
        })
        .await
        .unwrap();

        assert_eq!((large.as_micros(), small.as_micros()), (2, 1));
        let (large, small) = (Side::Large, Side::Small);
        assert_eq!(sent[..4], [large, small, small, large]);
        assert_eq!(sent.len(), 2 * (WARM_UP + 3));
    }
}
