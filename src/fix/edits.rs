//! Decides where and with which bytes a finding is fixed, or suppressed by a comment.
//!
//! Invariant: an edit affects only this task, and keeps the comments, quotes, line endings and indentation around it.
//! That the file then reads as intended is verified afterwards (`verify`). No edit reads more of a line than it has to:
//! a file may have all its tasks on one.

use std::ops::Range;

use super::{Edit, FixPlan, Level, NodeEdit, NotFixed, Planned};
use crate::parser::{Entry, KeyValues, NodeId, Shape, Source, Style, Tag, Task, Tree};
use crate::position::{is_break, line_end, line_start, skip_break};
use crate::rule::{ARGUMENT, Finding, IMMUTABLE, Kind};

/// Where a part of a text that aliases repeat starts and ends.
pub(super) type SharedPart = (u32, u32);

/// The quotes around a value in a k=v string, as they stand in a plain or a quoted scalar.
const QUOTES: [&str; 5] = ["\\\"", "''", "'", "\"", ""];

/// The edit that replaces some bytes, and the node that it changes.
fn edit(node: impl Into<Option<NodeId>>, bytes: Range<usize>, text: impl Into<Box<str>>) -> NodeEdit {
    (Edit { offset: bytes.start, length: bytes.len(), text: text.into() }, node.into())
}

impl FixPlan<'_> {
    /// Sets the argument where it is set now; where nothing in the task sets it, adds it to the task's arguments.
    pub(super) fn fix(&self, task: &Task<'_>, finding: &Finding) -> Planned {
        let value = finding.value.as_deref().unwrap_or_default();
        let planned = match task.mutability.as_ref().map(|argument| (argument.source, argument.entry)) {
            _ if finding.slip.is_some() => Err(NotFixed::Slip),
            Some((Source::TemplatedArgs, _)) => Err(NotFixed::TemplatedArgs),
            Some((Source::Key, Some(entry))) => self.replace(entry),
            Some((Source::KeyValues, Some(entry))) => self.set_pair(entry.value, value),
            _ => self.add_to(task),
        };
        // only what could be fixed lacks nothing but the level
        match finding.kind {
            _ if self.level >= Level::needed(finding) => planned,
            Kind::Templated => planned.and(Err(NotFixed::Template)),
            _ => planned.and(Err(NotFixed::AwsMode)),
        }
    }

    /// The node, aliases followed, if no alias shares it. It then lies inside the task, since nothing else leads to it.
    fn own(&self, id: NodeId) -> Result<NodeId, NotFixed> {
        let id = self.tree.follow(id);
        let node = self.tree.node(id);
        let parts = self.shared.get_or_init(|| shared_parts(self.tree));
        let before = &parts[..parts.partition_point(|(start, _)| *start <= node.start)];
        let is_shared = before.last().is_some_and(|(_, end)| node.end <= *end);
        if is_shared { Err(NotFixed::Shared) } else { Ok(id) }
    }

    fn add_to(&self, task: &Task<'_>) -> Planned {
        let mapping = Some(task.entry.value).filter(|&value| self.tree.is_mapping(value));
        let arguments = mapping.or_else(|| task.own_arguments()).ok_or(NotFixed::NoArguments)?;
        let arguments = self.own(arguments)?;
        if self.tree.is_mapping(arguments) { self.insert(arguments) } else { Ok(self.append(arguments)) }
    }

    /// Replaces the value of an entry, but for its quotes.
    fn replace(&self, Entry { key, value }: Entry) -> Planned {
        let (value, span) = (self.own(value)?, self.tree.span(value));
        let node = self.tree.node(value);
        let quote = usize::from(matches!(node.style, Style::SingleQuoted | Style::DoubleQuoted));
        let text = if quote == 0 && self.is_json(key) { "\"immutable\"" } else { IMMUTABLE };
        match (node.style, node.shape) {
            (Style::BlockScalar | Style::Block | Style::Flow, _) => Err(NotFixed::NotPlain),
            _ if node.tag != Tag::None => Err(NotFixed::NotPlain),
            _ if self.tree.is_absent(value) && !node.is_anchored => {
                let after_key = self.tree.source[span.end..].trim_start();
                let after_colon = after_key.strip_prefix(':').ok_or(NotFixed::Unverified)?;
                let at = self.tree.source.len() - after_colon.len();
                Ok(edit(value, at..at, format!(" {text}")))
            }
            (_, Shape::Verbatim) if node.a < node.b => Ok(edit(value, node.range(), text)),
            _ if node.is_anchored => Err(NotFixed::Unverified),
            _ => Ok(edit(value, span.start + quote..span.end - quote, text)),
        }
    }

    /// Replaces a value in a k=v string, unless it is written with escapes or over several lines.
    fn set_pair(&self, string: NodeId, value: &str) -> Planned {
        let span = self.tree.span(self.own(string)?);
        let raw = &self.tree.source[span.range()];
        let ends = QUOTES.map(|quote| {
            let pair = format!("{ARGUMENT}={quote}{value}{quote}");
            Some(span.start + raw.rfind(&pair)? + pair.len() - quote.len())
        });
        let end = ends.into_iter().flatten().next().ok_or(NotFixed::Unverified)?;
        Ok(edit(string, end - value.len()..end, IMMUTABLE))
    }

    /// Adds a pair at the end of a k=v string, on a line of its own where each pair of a block scalar is.
    fn append(&self, string: NodeId) -> NodeEdit {
        let (source, span, style) = (self.tree.source, self.tree.span(string), self.tree.node(string).style);
        let raw = &source[span.range()];
        // if the closing quote is on its own line, the pair goes above it
        let is_quoted = matches!(style, Style::SingleQuoted | Style::DoubleQuoted);
        let inside = if is_quoted { raw[..raw.len() - 1].trim_end() } else { raw };
        // a backslash needs what follows it
        let end = span.start + if inside.ends_with('\\') { raw.len() - 1 } else { inside.len() };
        let is_pair = |line: &str| KeyValues::parse(line.trim()).is_some_and(|words| words.is_pair());
        let mut lines = raw.split(is_break).skip(1).filter(|line| !line.trim().is_empty());
        let space = match self.tree.string(string) {
            _ if style == Style::BlockScalar && lines.all(is_pair) => {
                let last = &source[line_start(source, end)..end];
                line_break(source, span.start).to_owned() + &last[..last.len() - last.trim_start().len()]
            }
            Some("") => String::new(),
            _ => " ".to_owned(),
        };
        edit(string, end..end, format!("{space}{ARGUMENT}={IMMUTABLE}"))
    }

    /// Adds an entry to a mapping: after the last one of a flow mapping; in a block mapping below the name; if it has
    /// none, or one that might take the line in, below the key in front of the mapping.
    fn insert(&self, mapping: NodeId) -> Planned {
        let (tree, entries) = (self.tree, || self.tree.entries(mapping));
        let (first, last) = entries().next().zip(entries().last()).ok_or(NotFixed::NoArguments)?;
        let style = |node| tree.node(node).style;
        let is_name = |entry: &Entry| tree.string(entry.key) == Some("name");
        match entries().filter(is_name).last() {
            // no entry can follow one without a value
            _ if style(mapping) == Style::Flow && tree.is_absent(last.value) => Err(NotFixed::Unverified),
            _ if style(mapping) == Style::Flow => Ok(self.insert_entry(mapping, last)),
            Some(Entry { key, value }) if style(value) != Style::BlockScalar => {
                Ok(self.insert_line(mapping, key, value))
            }
            _ => Ok(self.insert_line(mapping, first.key, NodeId(mapping.0.saturating_sub(1)))),
        }
    }

    /// The new entry, in the quotes of the key beside it.
    fn entry(&self, beside: NodeId) -> String {
        let quote = match self.tree.node(beside).style {
            Style::DoubleQuoted => "\"",
            Style::SingleQuoted => "'",
            _ => "",
        };
        format!("{quote}{ARGUMENT}{quote}: {quote}{IMMUTABLE}{quote}")
    }

    /// Inserts an entry after the last one of a flow mapping, on a line of its own if that is.
    fn insert_entry(&self, mapping: NodeId, last: Entry) -> NodeEdit {
        let (source, entry) = (self.tree.source, self.entry(last.key));
        let end = self.tree.span(last.value).end;
        let before = &source[..self.tree.span(last.key).start];
        let (above, indent) = before.split_at(before.trim_end_matches(' ').len());
        if !above.is_empty() && !above.ends_with(is_break) {
            return edit(mapping, end..end, format!(", {entry}"));
        }
        let line = &source[end..line_end(source, end)];
        // what stands behind the last entry stays behind it
        let new_line = line_break(source, end).to_owned() + indent;
        let separator = if line.contains('#') { " " } else { &new_line };
        edit(mapping, end..end, format!(",{separator}{entry}"))
    }

    /// Inserts a line below the one on which a node ends, indented as a key.
    fn insert_line(&self, mapping: NodeId, key: NodeId, above: NodeId) -> NodeEdit {
        let (source, start) = (self.tree.source, self.tree.span(key).start);
        let before = source[line_start(source, start)..start].trim_start_matches('\u{feff}');
        let indent = " ".repeat(before.chars().count());
        let at = line_end(source, self.tree.span(above).end);
        edit(mapping, at..at, format!("{}{indent}{}", line_break(source, at), self.entry(key)))
    }

    /// Adds a comment above the task, which suppresses its findings. It stands alone on its line, and nothing else is
    /// on the line that it covers.
    pub(super) fn ignore(&self, task: &Task<'_>, reason: &str) -> Planned {
        let (source, span) = (self.tree.source, task.span);
        let next = source[span.end..].trim_start_matches([' ', '\t', ':', ',', ']', '}']).chars().next();
        // of many tasks on a line, each has a comma directly before it
        let line = source[..span.start].rfind(|c| c == ',' || is_break(c));
        let line = &source[line.map_or(0, |at| skip_break(source, at))..span.start];
        let line = line.trim_start_matches('\u{feff}');
        let start = span.start - line.len();
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        match next {
            _ if self.is_json(task.entry.key) => Err(NotFixed::Json),
            _ if line.starts_with(',') => Err(NotFixed::SharedLine),
            Some(c) if c != '#' && !is_break(c) => Err(NotFixed::SharedLine),
            _ => {
                let comment = format!("{indent}# ecr-lint: ignore ({reason})");
                Ok(edit(None, start..start, comment + line_break(source, start)))
            }
        }
    }

    /// Whether this key stands in a JSON file.
    fn is_json(&self, key: NodeId) -> bool {
        let is_flow = |root: &NodeId| self.tree.node(*root).style == Style::Flow;
        self.tree.node(key).style == Style::DoubleQuoted && self.tree.roots.first().is_some_and(is_flow)
    }
}

/// The line break after an offset; behind the last one, the first of the text.
fn line_break(source: &str, offset: usize) -> &str {
    let next = source[offset..].find(is_break).map(|at| offset + at);
    next.or_else(|| source.find(is_break)).map_or("\n", |at| &source[at..skip_break(source, at)])
}

/// The parts that aliases repeat, in the order of the text, without those inside of others.
fn shared_parts(tree: &Tree<'_>) -> Vec<SharedPart> {
    let aliases = tree.nodes.iter().filter(|node| node.shape == Shape::Alias);
    let targets = aliases.map(|alias| tree.node(NodeId(alias.a)));
    let mut parts: Vec<_> = targets.map(|node| (node.start, node.end)).collect();
    parts.sort_unstable();
    parts.dedup_by(|(_, inner), (_, outer)| inner <= outer);
    parts
}
