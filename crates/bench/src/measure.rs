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
    Ok((median(&large), median(&small)))
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

fn median(times: &[Duration]) -> Duration {
    let seconds = times.iter().map(Duration::as_secs_f64).collect();
    Duration::from_secs_f64(middle(seconds))
}

/// The middle one of some numbers; of an even number, the mean of the two in the middle.
#[must_use]
pub fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.get(half), values.len() % 2) {
        (None, _) => 0.0,
        (Some(upper), 1) => *upper,
        (Some(upper), _) => f64::midpoint(*upper, values[half - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let of = |values: &[f64]| middle(values.to_vec());
        assert_eq!(
            (of(&[9.0, 1.0, 5.0]), of(&[9.0, 1.0, 5.0, 7.0]), of(&[])),
            (5.0, 6.0, 0.0)
        );
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
