//! Turns a YAML text into the ECR tasks that Ansible would run, with their effective arguments and spans.
//!
//! Invariant: every task that Ansible would load from the text is visited, or a [`Failure`] says which was not and why.

mod arguments;
mod builder;
mod failure;
mod key_values;
mod libyaml;
mod module_defaults;
mod task;
mod tasks;
mod tree;

use crate::modules::Modules;
use crate::position::Span;

pub use failure::{Failure, Reason};
pub use key_values::KeyValues;
pub use task::{Argument, Setting, Source, Task};

pub use tree::Tree;
pub(crate) use tree::{Entry, NodeId, Shape, Style, Tag};

impl Tree<'_> {
    /// The offset of the first content: of the first document that is not empty.
    pub(crate) fn content_start(&self) -> Option<usize> {
        let roots = self.roots.iter().map(|&root| self.node(root));
        roots.filter(|root| root.start != root.end).map(|root| root.start as usize).next()
    }

    /// The items of all block lists, each before those that it contains.
    pub(crate) fn list_items(&self) -> impl Iterator<Item = Span> {
        let is_list = |list: &NodeId| {
            let node = self.node(*list);
            node.shape == Shape::Sequence && node.style == Style::Block
        };
        let lists = (0..self.nodes.len()).map(NodeId::at).filter(is_list);
        lists.flat_map(|list| self.items(list)).map(|item| self.span(item))
    }

    /// Visits every ECR task, as often as aliases repeat it; returns how many there are, and what could not be read.
    pub fn each_task(&self, modules: &Modules, mut each: impl FnMut(&Task<'_>)) -> (u64, Vec<Failure>) {
        let (tasks, mut failures) = tasks::visit(self, modules, &mut each);
        failures.extend(self.stopped.clone());
        (tasks, failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree has the scalars that libyaml reads, in every style (`tests/ansible/scalars.py`).
    #[test]
    fn scalars_have_the_values_that_libyaml_reads() {
        #[derive(serde::Deserialize)]
        struct ScalarRow {
            text: String,
            value: String,
        }
        let rows: Vec<ScalarRow> =
            serde_json::from_str(include_str!("../tests/scalars.json")).expect("a table");
        assert!(rows.len() > 500);
        let mut wrong = Vec::new();
        for ScalarRow { text, value } in &rows {
            let tree = Tree::parse(text);
            let read = match (&tree.stopped, tree.roots.as_slice()) {
                (Some(failure), _) => Err(failure.reason.to_string()),
                (None, [root]) => match tree.items(*root).collect::<Vec<_>>().as_slice() {
                    [item] => Ok(tree.text(tree.node(*item)).to_owned()),
                    items => Err(format!("{} items", items.len())),
                },
                (None, roots) => Err(format!("{} documents", roots.len())),
            };
            if read.as_ref() != Ok(value) {
                wrong.push(format!("{text:?}: {read:?}, libyaml {value:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    fn dump(tree: &Tree<'_>, id: NodeId) -> serde_json::Value {
        let id = tree.follow(id);
        match tree.node(id).shape {
            tree::Shape::Sequence => tree.items(id).map(|item| dump(tree, item)).collect(),
            tree::Shape::Mapping => {
                let pairs = tree.entries(id).map(|entry| [entry.key, entry.value].map(|id| dump(tree, id)));
                let pairs = pairs.map(|pair| pair.into_iter().collect());
                serde_json::json!({ "pairs": pairs.collect::<Vec<serde_json::Value>>() })
            }
            _ => tree.text(tree.node(id)).into(),
        }
    }

    /// Every text that libyaml reads (`tests/ansible/trees.py`) gives the same tree, or is not read.
    #[test]
    fn trees_are_those_that_libyaml_reads() {
        #[derive(serde::Deserialize)]
        struct TreeRow {
            text: String,
            tree: serde_json::Value,
        }
        let rows: Vec<TreeRow> = serde_json::from_str(include_str!("../tests/trees.json")).expect("a table");
        let (mut wrong, mut reliable) = (Vec::new(), 0);
        for TreeRow { text, tree: expected } in &rows {
            let tree = Tree::parse(text);
            let read = match &tree.stopped {
                None => Ok(tree.roots.iter().map(|&root| dump(&tree, root)).collect::<serde_json::Value>()),
                Some(Failure { reason: Reason::Unreliable(_), .. }) => continue,
                // libyaml reads it, and Ansible refuses it
                Some(failure) if failure.reason.to_string().contains("cannot be a key") => continue,
                Some(failure) => Err(failure.reason.to_string()),
            };
            reliable += 1;
            if read.as_ref() != Ok(expected) {
                wrong.push(format!("{text:?}: {read:?}, libyaml {expected}"));
            }
        }
        assert!(reliable > 900, "only {reliable} can be read reliably");
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    /// A configured module has defaults of its own, and no groups.
    #[test]
    fn configured_modules_have_their_own_defaults() {
        let modules = Modules::new(&["a.b.wrapper".to_owned(), "a.b.other".to_owned()]);
        for (defaults, reached) in [
            ("a.b.wrapper", ["a.b.wrapper"].as_slice()),
            ("a.b.other", &["a.b.other"]),
            ("ecs_ecr", &["ecs_ecr", "community.aws.ecs_ecr"]),
            ("group/aws", &["ecs_ecr", "community.aws.ecs_ecr"]),
        ] {
            for name in ["ecs_ecr", "community.aws.ecs_ecr", "a.b.wrapper", "a.b.other"] {
                let text =
                    format!("- module_defaults: {{{defaults}: {{state: absent}}}}\n  {name}: {{name: x}}\n");
                let (tasks, mut failures) = Tree::parse(&text).each_task(&modules, |task| {
                    assert_eq!(task.state.is_some(), reached.contains(&name), "{text}");
                });
                // a redirect may make them the defaults of the ECR module
                failures.retain(|failure| !failure.reason.is_warning());
                assert_eq!((tasks, failures), (1, Vec::new()), "{text}");
            }
        }
    }

    /// Reading may stop between a key and its value.
    #[test]
    fn a_key_without_a_value_follows_a_comment() {
        let text = "# c\n- a: b\n- c: &";
        let tree = Tree::parse(text);
        assert!(tree.stopped.is_some());
        assert!(tree.following(3).is_some());
        assert!(tree.following(11).is_some());
    }

    /// The text is read to its end and holds so many tasks.
    fn assert_tasks(text: &str, count: u64) {
        let found = Tree::parse(text).each_task(&Modules::default(), |_| {});
        assert_eq!(found, (count, Vec::new()), "{text}");
    }

    /// A task counts once for each alias that leads to it.
    #[test]
    fn repeated_tasks_are_counted() {
        for (text, count) in [
            ("- ecs_ecr:\n- debug:\n- ecs_ecr:\n", 2),
            ("- &t {ecs_ecr: }\n- *t\n- *t\n", 3),
            ("- ecs_ecr:\n- block: &b [{ecs_ecr: }, {ecs_ecr: }, {debug: }]\n- block: *b\n- block: *b\n", 7),
            ("- block: &a [{ecs_ecr: }, &t {ecs_ecr: }]\n- block: [{block: *a}, {block: *a}, *t]\n", 7),
        ] {
            assert_tasks(text, count);
        }
    }

    /// Chains of aliases are followed up to a limit; beyond it there is an error.
    #[test]
    fn what_nests_too_deep_is_reported() {
        let chain = |first: &str, link: fn(usize) -> String, length: usize, last: &str| {
            let link = |at: usize| format!("&n{} {}", at + 1, link(at));
            let links: Vec<String> = (0..length).map(link).collect();
            format!("- vars: [&n0 {first}, {}]\n- {last} *n{length}\n", links.join(", "))
        };
        let merge = |at| format!("{{<<: *n{at}}}");
        let merges = |length| chain("{name: x}", merge, length, "ecs_ecr:");
        let blocks = |length| chain("{ecs_ecr: }", |at| format!("{{block: [*n{at}]}}"), length, "");
        let trouble = Some("merges (<<) are nested too deep");
        for (text, tasks, expected) in [
            (merges(50), 1, None),
            (merges(51), 0, trouble),
            (blocks(254), 1, None),
            (blocks(255), 1, None),
            (blocks(256), 0, Some("blocks are nested too deep, or in themselves")),
        ] {
            let (found, failures) = Tree::parse(&text).each_task(&Modules::default(), |task| {
                assert_eq!(task.state, None);
            });
            assert_eq!(found, tasks, "{text}");
            let messages: Vec<_> = failures.iter().map(|failure| failure.reason.to_string()).collect();
            let expected = expected.map(|trouble| format!("the file cannot be read reliably: {trouble}"));
            assert_eq!(messages, expected.into_iter().collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn what_holds_or_merges_itself_ends() {
        for text in [
            "- &a {<<: [*a, {ecs_ecr: }]}",
            "- {v: &a {<<: *a, x: }, w: &b {<<: [*a, *b]}}\n- *a\n- *b",
            "- {v: &a {<<: &b {<<: [*a, *b], x: }}}\n- *a\n- *b",
        ] {
            let (_, failures) = Tree::parse(text).each_task(&Modules::default(), |_| {});
            assert!(!failures.is_empty(), "{text}");
        }
        for text in ["- block: &a [{ecs_ecr: }, {block: *a}]", "- &a {block: [*a, *a, {ecs_ecr: }]}\n- *a"] {
            let (tasks, failures) = Tree::parse(text).each_task(&Modules::default(), |_| {});
            assert!(tasks > 1 && !failures.is_empty(), "{text}: {tasks}, {failures:?}");
        }
    }

    /// Only tasks that aliases repeat are limited in number.
    #[test]
    fn tasks_without_aliases_may_be_many() {
        let text = format!("{}- ecs_ecr:\n", "- a\n".repeat(110_000));
        assert_tasks(&text, 1);
    }

    /// A failure points to where the mistake is, and says what is wrong in plain words.
    #[test]
    fn failures_say_where_and_what() {
        const NO_YAML: &str = "Ansible cannot load the file: ";
        for (text, offset, what) in [
            ("- [", 2, "this bracket is not closed, or a comma is missing after it"),
            ("- {a: [b, c}\n- d: [e]\n", 6, "this bracket is not closed, or a comma is missing after it"),
            ("- a: {b: c\n- d: {e: f}\n", 5, "this bracket is not closed, or a comma is missing after it"),
            ("- [a: {b\n  c: d}]\n", 6, "this bracket is not closed, or a comma is missing after it"),
            ("- \u{2028}- [", 7, "this bracket is not closed, or a comma is missing after it"),
            ("\u{feff}- [", 5, "this bracket is not closed, or a comma is missing after it"),
            ("- a: \"b\n- c", 5, "this quote is never closed"),
            ("- a\n- b:\n\t- c", 9, "a tab indents this line; indent with spaces"),
            ("- a: b\n  \tc: d", 9, "a tab indents this line; indent with spaces"),
            ("- a\n<<<<<<< HEAD\n- b\n=======\n- c\n>>>>>>> x\n", 4, "this is a merge conflict marker"),
            ("- a: |\n   <<<<<<< HEAD\n- b: c: d", 29, "mapping values are not allowed in this context"),
            ("- [] *b c", 5, "while parsing a block collection, did not find expected '-' indicator"),
            (
                "- a\n- `b`",
                6,
                "while scanning for the next token, found character that cannot start any token",
            ),
            ("- a\n- b\u{1}", 7, "control characters are not allowed"),
            ("- hosts: *\n", 9, "an asterisk starts an alias; write it in quotes"),
            (
                "{% for a in b %}\n- c\n",
                1,
                "this looks like a Jinja template; in YAML a template stands in quotes",
            ),
            ("- a: {{ b }}/c\n", 6, "this looks like a Jinja template; in YAML a template stands in quotes"),
            ("- &a.b", 4, "while scanning an anchor, did not find expected alphabetic or numeric character"),
            ("- [a, *b]", 6, "the alias *b names no anchor before it in this document"),
            ("%YAML 1.3\n---\n- a", 0, "found incompatible YAML document"),
        ] {
            let failure = Tree::parse(text).stopped.expect("a failure");
            let expected = format!("{NO_YAML}{what}; fix it, or skip the file with --exclude");
            assert_eq!((failure.offset, failure.reason.to_string()), (Some(offset), expected), "{text:?}");
        }
    }

    /// libyaml takes this key to go over two lines, Ansible's JSON decoder does not.
    #[test]
    fn json_that_libyaml_refuses_is_not_called_refused() {
        let failure = Tree::parse("[{\"a\u{2028}b\": 1}, {\"ecs_ecr\": {}}]").stopped.expect("a failure");
        assert!(matches!(failure.reason, Reason::Unreliable(_)), "{failure:?}");
    }

    #[test]
    fn collections_with_the_tag_of_a_scalar_are_not_read() {
        let is_read = |text| Tree::parse(text).stopped.is_none();
        for text in [
            "- !!str {=: a}",
            "- !vault {a: b, '= ': c}",
            "- !!int {!!value a: b}",
            "- !!str {a: b}",
            "- !!str [=]",
            "- !unsafe {=: a}",
        ] {
            assert!(!is_read(text), "{text}");
        }
        for text in ["- {=: a}", "- !!map {=: a}", "- !!seq [=]"] {
            assert!(is_read(text), "{text}");
        }
    }
}
