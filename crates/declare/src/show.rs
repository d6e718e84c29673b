//! A plan as people read it.

use std::fmt::{self, Display, Write};

use serde_json::Value;

use crate::plan::{Action, Kind, Part, Plan, Step};

/// How much of a value is shown.
const SHOWN: usize = 90;

/// What is shown of a plan, and of which file.
pub struct Shown<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The name of the file, for problems.
    pub file: &'a str,
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for part in &self.plan.parts {
            show_part(&mut text, part)?;
        }
        let mut problems = self.plan.problems().peekable();
        if problems.peek().is_none() || !self.plan.is_empty() {
            summary(&mut text, self.plan)?;
        }
        for problem in problems {
            let (file, reason) = (self.file, &problem.reason);
            let place = match problem.line {
                0 => String::new(),
                line => format!(", line {line}, column {}", problem.column),
            };
            let line_end = if text.is_empty() || text.ends_with('\n') {
                ""
            } else {
                "\n"
            };
            write!(text, "{line_end}Problem: {file}{place}: {reason}")?;
        }
        // What identity providers named may hold what a terminal takes for an order.
        let plain = |char: char| {
            if char.is_control() && char != '\n' {
                '\u{fffd}'
            } else {
                char
            }
        };
        f.write_str(&text.chars().map(plain).collect::<String>())
    }
}

fn show_part(text: &mut String, part: &Part) -> fmt::Result {
    if part.steps.is_empty() && part.waits.is_empty() {
        return Ok(());
    }
    match &part.organization {
        None => writeln!(text, "The installation")?,
        Some(slug) => writeln!(text, "Organization {slug}")?,
    }
    for step in part.steps.iter().filter(|step| step.is_told()) {
        show_step(text, step)?;
    }
    for wait in &part.waits {
        writeln!(text, "  Waits: {wait}")?;
    }
    writeln!(text)
}

fn show_step(text: &mut String, step: &Step) -> fmt::Result {
    let sign = match step.action {
        Action::Create => '+',
        Action::Change => '~',
        Action::Delete => '-',
    };
    writeln!(text, "  {sign} {}", step.told())?;
    for change in &step.fields {
        let after = shown(&change.after);
        match step.action {
            Action::Create => writeln!(text, "      {}: {after}", change.field)?,
            Action::Change | Action::Delete => {
                let before = shown(&change.before);
                writeln!(text, "      {}: {before} -> {after}", change.field)?;
            }
        }
    }
    for danger in &step.dangers {
        writeln!(text, "      Danger: {danger}")?;
    }
    for note in &step.notes {
        writeln!(text, "      Note: {note}")?;
    }
    Ok(())
}

fn shown(value: &Value) -> String {
    let whole = match value {
        Value::Null => return "none".to_owned(),
        value => value.to_string(),
    };
    if whole.chars().count() <= SHOWN {
        return whole;
    }
    let mut short: String = whole.chars().take(SHOWN).collect();
    short.push('…');
    short
}

fn summary(text: &mut String, plan: &Plan) -> fmt::Result {
    if plan.is_empty() {
        write!(text, "Nothing to do")?;
    } else {
        let [create, change, delete] =
            [Action::Create, Action::Change, Action::Delete].map(|action| plan.count(action));
        write!(
            text,
            "Plan: {create} to create, {change} to change, {delete} to delete"
        )?;
        let dangerous = plan.steps().filter(|step| !step.dangers.is_empty()).count();
        if dangerous > 0 {
            write!(text, "; look twice at the {dangerous} with a danger")?;
        }
    }
    match plan.unchanged {
        0 => write!(text, "."),
        1 => write!(text, ". 1 organization is as the file says."),
        number => write!(text, ". {number} organizations are as the file says."),
    }
}

/// What a person has to type before things are taken away: the names of all of them if they are few,
/// and else how many they are.
#[must_use]
pub fn to_be_typed(plan: &Plan) -> Vec<(String, String)> {
    const FEW: usize = 10;
    let gone: Vec<&Step> = plan
        .steps()
        .filter(|it| it.action == Action::Delete)
        .collect();
    if gone.len() > FEW {
        let number = gone.len().to_string();
        return vec![(format!("{number} deletions"), number)];
    }
    let name = |step: &Step| match step.kind {
        Kind::Policy => "policy".to_owned(),
        _ => step.name.clone(),
    };
    gone.into_iter()
        .map(|step| (format!("the deletion of the {}", step.told()), name(step)))
        .collect()
}
