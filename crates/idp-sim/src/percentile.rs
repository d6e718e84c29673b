//! Percentiles of what was measured, not of an estimate.

use std::time::Duration;

/// The smallest sample that at least `percent` of all samples do not exceed (nearest rank).
///
/// `sorted` must be in ascending order; zero when it is empty.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::percentile;

    #[test]
    fn a_percentile_is_one_of_the_samples() {
        let samples: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();

        assert_eq!(percentile(&samples, 50), Duration::from_millis(100));
        assert_eq!(percentile(&samples, 99), Duration::from_millis(198));
        assert_eq!(percentile(&samples[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
