//! Who wants to watch a run.

/// Told about the steps of a run: one for each person, manager link and group.
pub trait Progress: Send + Sync {
    /// A run begins and will take this many steps.
    fn started(&self, total_steps: u64);
    /// One step is over, well or not; `what` names its person or group.
    fn advanced(&self, what: &str);
    /// The run is over.
    fn finished(&self);
}
