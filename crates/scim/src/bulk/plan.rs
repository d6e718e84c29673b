//! In which order operations are done.

use std::collections::HashMap;

use super::operation::Request;
use super::request::BulkRequest;

/// One step of a bulk request: positions in its list of operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An operation whose references all lead to earlier steps.
    One(usize),
    /// Creations that refer to each other in a circle, or one that refers to itself, in the
    /// order of the list.
    Circle(Vec<usize>),
}

/// The steps of a request. Every operation is in exactly one of them.
///
/// The order is that of the list, except that what an operation refers to comes before it.
pub fn plan(request: &BulkRequest) -> Vec<Step> {
    let creations: HashMap<&str, usize> = request
        .operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.request.as_ref().is_ok_and(Request::creates))
        .filter_map(|(index, operation)| Some((operation.bulk_id.as_deref()?, index)))
        .collect();
    let needs = request
        .operations
        .iter()
        .map(|operation| {
            let needs = match &operation.request {
                Ok(request) => request.needs.as_slice(),
                Err(_) => &[],
            };
            let mut needs: Vec<usize> = needs
                .iter()
                .filter_map(|bulk_id| creations.get(bulk_id.as_str()).copied())
                .collect();
            needs.sort_unstable();
            needs.dedup();
            needs
        })
        .collect();
    Search::over(needs).steps
}

/// Tarjan's search for strongly connected components. It gives each of them out after all
/// those that it leads to, which is the order wanted here. It keeps a stack of its own: a chain
/// of references may be as long as the request.
struct Search {
    needs: Vec<Vec<usize>>,
    /// When each operation was entered; 0 if it was not.
    entered: Vec<usize>,
    /// The first entered of those open that each operation leads to.
    leads_to: Vec<usize>,
    /// Whether an operation is entered and in no step yet.
    is_open: Vec<bool>,
    open: Vec<usize>,
    entries: usize,
    steps: Vec<Step>,
}

impl Search {
    fn over(needs: Vec<Vec<usize>>) -> Self {
        let count = needs.len();
        let mut search = Self {
            needs,
            entered: vec![0; count],
            leads_to: vec![0; count],
            is_open: vec![false; count],
            open: Vec::new(),
            entries: 0,
            steps: Vec::new(),
        };
        for operation in 0..count {
            if search.entered[operation] == 0 {
                search.search_from(operation);
            }
        }
        search
    }

    fn search_from(&mut self, root: usize) {
        self.enter(root);
        let mut way = vec![(root, 0)];
        while let Some((operation, done)) = way.pop() {
            if let Some(&next) = self.needs[operation].get(done) {
                way.push((operation, done + 1));
                if self.entered[next] == 0 {
                    self.enter(next);
                    way.push((next, 0));
                } else if self.is_open[next] {
                    self.reach(operation, self.entered[next]);
                }
            } else {
                if self.leads_to[operation] == self.entered[operation] {
                    self.close(operation);
                }
                if let Some(&(before, _)) = way.last() {
                    self.reach(before, self.leads_to[operation]);
                }
            }
        }
    }

    fn enter(&mut self, operation: usize) {
        self.entries += 1;
        self.entered[operation] = self.entries;
        self.leads_to[operation] = self.entries;
        self.is_open[operation] = true;
        self.open.push(operation);
    }

    fn reach(&mut self, operation: usize, entered: usize) {
        self.leads_to[operation] = self.leads_to[operation].min(entered);
    }

    /// Makes a step of everything that was entered since the operation, and of itself.
    fn close(&mut self, operation: usize) {
        let start = self.open.iter().rposition(|open| *open == operation);
        let mut together = self.open.split_off(start.unwrap_or_default());
        for member in &together {
            self.is_open[*member] = false;
        }
        let alone = together.len() == 1 && !self.needs[operation].contains(&operation);
        if alone {
            self.steps.push(Step::One(operation));
        } else {
            together.sort_unstable();
            self.steps.push(Step::Circle(together));
        }
    }
}
