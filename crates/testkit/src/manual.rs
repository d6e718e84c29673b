//! The pages of the manual and the other Markdown of the repository, as tests read them.
//!
//! A page is read with the parser that makes the book, so that what looks like a link inside of code is
//! none. Anchors are those that both the book and GitHub make of a heading.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The folder of the whole repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One file of Markdown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path from the top of the repository, as `docs/events.md`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// Code that stands by itself, between two lines of three backticks.
#[derive(Clone, Debug)]
pub struct Fence {
    /// The line of its first backticks, from 1.
    pub line: usize,
    /// The language, and the words behind it.
    pub words: Vec<String>,
    /// The code.
    pub text: String,
}

/// Where a link leads.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its line, from 1.
    pub line: usize,
    /// As it is written.
    pub target: String,
}

/// Every page: the manual, what stands at the top of the repository, what deploys, and the crates' own.
///
/// # Panics
///
/// If a file cannot be read.
#[must_use]
pub fn pages() -> Vec<Page> {
    let mut paths = Vec::new();
    find(Path::new(""), false, &mut paths);
    for folder in ["docs", "deploy", "conformance", "fuzz"] {
        find(Path::new(folder), true, &mut paths);
    }
    for entry in std::fs::read_dir(repository().join("crates")).unwrap() {
        find(
            &Path::new("crates").join(entry.unwrap().file_name()),
            false,
            &mut paths,
        );
    }
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

/// Adds the Markdown files of a folder, and of the folders in it if `deep`.
fn find(folder: &Path, deep: bool, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = folder.join(&name);
        let is_left_out = name.starts_with('.') || ["target", "node_modules"].contains(&&*name);
        if entry.file_type().unwrap().is_dir() {
            if deep && !is_left_out {
                find(&path, deep, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path.to_str().unwrap().to_owned());
        }
    }
}

impl Page {
    /// The page at a path from the top of the repository.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    #[must_use]
    pub fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(repository().join(path));
        Self {
            path: path.to_owned(),
            text: text.unwrap_or_else(|error| panic!("{path}: {error}")),
        }
    }

    /// All code that stands by itself.
    #[must_use]
    pub fn fences(&self) -> Vec<Fence> {
        let mut fences = Vec::new();
        let mut open: Option<Fence> = None;
        for (event, line) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let info = match kind {
                        CodeBlockKind::Fenced(info) => info.to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    let words = info.split_whitespace().map(str::to_owned).collect();
                    let text = String::new();
                    open = Some(Fence { line, words, text });
                }
                Event::Text(text) => {
                    if let Some(fence) = &mut open {
                        fence.text.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => fences.extend(open.take()),
                _ => {}
            }
        }
        fences
    }

    /// All links and pictures.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        let links = self.events().into_iter().filter_map(|(event, line)| {
            let (Event::Start(Tag::Link { dest_url, .. })
            | Event::Start(Tag::Image { dest_url, .. })) = event
            else {
                return None;
            };
            let target = dest_url.to_string();
            Some(Link { line, target })
        });
        links.collect()
    }

    /// What stands behind the `#` of links to its headings.
    #[must_use]
    pub fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        let mut heading: Option<String> = None;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let again = (1..).map(|number| format!("{anchor}-{number}"));
                    let mut names = std::iter::once(anchor.clone()).chain(again);
                    let free = names.find(|name| !anchors.contains(name));
                    anchors.extend(free);
                }
                _ => {}
            }
        }
        anchors
    }

    fn events(&self) -> Vec<(Event<'_>, usize)> {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let parser = Parser::new_ext(&self.text, options).into_offset_iter();
        let ends: Vec<usize> = self.text.match_indices('\n').map(|(end, _)| end).collect();
        let line = |offset: usize| ends.partition_point(|end| *end < offset) + 1;
        parser
            .map(|(event, place)| (event, line(place.start)))
            .collect()
    }
}

/// The anchor of a heading: small letters, digits, `-` and `_`, with `-` for each space.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|letter| match letter {
        letter if letter.is_alphanumeric() || letter == '_' || letter == '-' => Some(letter),
        letter if letter.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        Page {
            path: "docs/page.md".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn anchors_are_those_of_the_book() {
        let headings =
            "# `rollcall apply`: a plan\n\n## \"It does not sync, why?\"\n\n## Order\n\n## Order\n";
        let expected = [
            "it-does-not-sync-why",
            "order",
            "order-1",
            "rollcall-apply-a-plan",
        ];
        assert_eq!(page(headings).anchors(), expected.map(str::to_owned).into());
    }

    #[test]
    fn a_link_inside_of_code_is_none() {
        let text =
            "[one](a.md)\n\n```sh run\necho [two](b.md)\n```\n\n`[three](c.md)` | ![four](d.png)\n";
        let page = page(text);
        let targets: Vec<_> = page.links().into_iter().map(|link| link.target).collect();
        assert_eq!(targets, ["a.md", "d.png"]);
        let fences = page.fences();
        assert_eq!(fences[0].words, ["sh", "run"]);
        assert_eq!((fences[0].line, fences.len()), (3, 1));
        assert_eq!(fences[0].text, "echo [two](b.md)\n");
    }
}
