//! Where an event was made in a trace, for what follows from it.
//!
//! 16 bytes of the trace and 8 of the span; nothing for what was not recorded, which is nearly all. It is no
//! part of what is told of the event.

step!("alter table events add column trace {bytes}");
