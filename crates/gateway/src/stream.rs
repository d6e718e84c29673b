//! Bodies that are written while they are read from the database.
//!
//! The writer runs beside the answer and is one piece ahead of it, so what is held of a body is a
//! few pieces, however long it is and however slowly its client reads. A client that takes longer
//! than it may, or a database that fails, breaks the answer off: the connection ends without the
//! end of the body, so nobody takes a part for the whole.

use std::future::Future;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use rollcall_store::StoreError;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::scim::ScimFailure;
use rollcall_model::chain;

/// Why a body has no end.
#[derive(Debug, Error)]
pub(crate) enum BrokenOff {
    /// Its client went away; nobody need be told.
    #[error("the client went away")]
    Gone,
    /// Its client took longer than it may.
    #[error("the client took too long")]
    TooSlow,
    /// What was to follow could not be read.
    #[error("the rest of the answer could not be read")]
    Failed(#[from] ScimFailure),
    /// The same, where no identity provider asked.
    #[error("the rest of the answer could not be read")]
    Unread(#[from] StoreError),
}

enum Piece {
    Text(Bytes),
    /// The body is whole.
    End,
}

/// Where a body is written.
pub(crate) struct Pen {
    pieces: mpsc::Sender<Piece>,
    /// Until when.
    end: Instant,
}

impl Pen {
    /// Writes the next piece, when the one before the last is on its way.
    pub(crate) async fn write(&self, text: impl Into<Bytes>) -> Result<(), BrokenOff> {
        let text = text.into();
        if text.is_empty() {
            return Ok(());
        }
        self.send(Piece::Text(text)).await
    }

    async fn send(&self, piece: Piece) -> Result<(), BrokenOff> {
        match timeout_at(self.end, self.pieces.send(piece)).await {
            Ok(Ok(())) if Instant::now() < self.end => Ok(()),
            Ok(Ok(())) | Err(_) => Err(BrokenOff::TooSlow),
            Ok(Err(_)) => Err(BrokenOff::Gone),
        }
    }
}

/// A body that `write` writes, within `limit` from now. `subject` is what a log line calls it.
pub(crate) fn body<F>(
    subject: String,
    limit: Duration,
    write: impl FnOnce(Pen) -> F,
) -> impl Stream<Item = Result<Bytes, BrokenOff>> + 'static
where
    F: Future<Output = Result<(), BrokenOff>> + 'static,
{
    let (pieces, written) = mpsc::channel(1);
    let end = Instant::now() + limit;
    let last = Pen {
        pieces: pieces.clone(),
        end,
    };
    let writing = write(Pen { pieces, end });
    actix_web::rt::spawn(async move {
        let whole = async {
            writing.await?;
            last.send(Piece::End).await
        };
        match whole.await {
            Ok(()) | Err(BrokenOff::Gone) => {}
            Err(BrokenOff::TooSlow) => tracing::warn!(
                subject,
                seconds = limit.as_secs(),
                "an answer was broken off: its client took too long"
            ),
            Err(broken_off @ (BrokenOff::Failed(_) | BrokenOff::Unread(_))) => {
                tracing::error!(subject, error = %chain(&broken_off), "an answer was broken off");
            }
        }
    });
    unfold(Some(written), |written| async {
        let mut written = written?;
        match written.recv().await {
            Some(Piece::Text(text)) => Some((Ok(text), Some(written))),
            Some(Piece::End) => None,
            // The writer is gone, and has not said that this was all. Why is in the log.
            None => Some((Err(BrokenOff::Gone), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;
    use std::rc::Rc;

    use futures_util::StreamExt;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    #[actix_web::test]
    async fn the_writer_is_never_more_than_two_pieces_ahead() {
        let made = Rc::new(Cell::new(0));
        let counter = Rc::clone(&made);
        let body = body("test".to_owned(), LONG, |pen| async move {
            for _ in 0..1_000 {
                counter.set(counter.get() + 1);
                pen.write("piece").await?;
            }
            Ok(())
        });
        let mut body = pin!(body);
        let mut taken = 0;
        while let Some(piece) = body.next().await {
            assert_eq!(piece.unwrap(), "piece");
            taken += 1;
            // Whatever the writer can do, it does before the next piece is asked for.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert!(
                made.get() - taken <= 2,
                "{} made, {taken} taken",
                made.get()
            );
        }
        assert_eq!(taken, 1_000);
    }

    #[actix_web::test]
    async fn a_body_that_fails_has_no_end() {
        let body = body("test".to_owned(), LONG, |pen| async move {
            pen.write("begun").await?;
            Err(BrokenOff::Failed(ScimFailure::Panicked))
        });
        let pieces: Vec<_> = body.collect().await;
        assert!(matches!(pieces.as_slice(), [Ok(_), Err(BrokenOff::Gone)]));
    }

    #[actix_web::test]
    async fn a_reader_that_takes_too_long_is_left() {
        let held = Rc::new(());
        let holds = Rc::clone(&held);
        let body = body(
            "test".to_owned(),
            Duration::from_millis(1),
            |pen| async move {
                let _held = holds;
                loop {
                    pen.write("piece").await?;
                }
            },
        );
        // Nothing is taken until the writer has let go of what it holds.
        while Rc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
        let pieces: Vec<_> = body.collect().await;
        assert!(matches!(pieces.last(), Some(Err(BrokenOff::Gone))));
        assert!(pieces.len() <= 3);
    }

    #[actix_web::test]
    async fn a_reader_that_goes_away_stops_the_writer() {
        let held = Rc::new(());
        let holds = Rc::clone(&held);
        let body = body("test".to_owned(), LONG, |pen| async move {
            let _held = holds;
            loop {
                pen.write("piece").await?;
            }
        });
        drop(body);
        while Rc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
