//! A progress bar on standard error; nothing where that is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use rollcall_idp_sim::Progress;

/// A count of organizations, which appears on a terminal only.
pub(super) fn organizations(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("  {spinner} {prefix} {pos} organizations  {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.set_prefix(what.to_owned());
    bar
}

/// Shows the steps of one run after another.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar with this in front of it. It appears when a run begins.
    pub(super) fn new(label: &str) -> Self {
        let style = ProgressStyle::with_template("  {prefix} {bar:32} {pos}/{len}  {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_style(style);
        bar.set_prefix(label.to_owned());
        Self(bar)
    }
}

impl Progress for Bar {
    fn started(&self, total_steps: u64) {
        self.0.reset();
        self.0.set_length(total_steps);
    }

    fn advanced(&self, what: &str) {
        self.0.set_message(what.to_owned());
        self.0.inc(1);
    }

    fn finished(&self) {
        self.0.finish_and_clear();
    }
}
