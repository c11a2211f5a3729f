//! Where tasks are: documents hold plays or tasks, plays hold lists, blocks hold lists.
//!
//! Invariant: every task that Ansible would load from the file is visited, and nothing that is data
//! to it (`vars`, arguments, `loop` …). Each node is visited once for each set of defaults that is in
//! force there, however many aliases lead to it.

use std::collections::{HashMap, HashSet};

use super::arguments::{Action, Arguments, Unreadable};
use super::defaults::{Scope, Scopes};
use super::key_values::Refused;
use super::modules::Modules;
use super::task::Task;
use super::tree::{Entry, NodeId, Tree};
use super::yaml::Failure;

pub(super) const SECTIONS: [&str; 4] = ["pre_tasks", "tasks", "post_tasks", "handlers"];
const PLAYS: [&str; 4] =
    ["hosts", "import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook"];
pub(super) const BLOCK: [&str; 3] = ["block", "rescue", "always"];

/// How deep blocks may nest, counted over aliases too.
const BLOCK_DEPTH: usize = 256;
/// How many nodes may be visited beyond those that the file holds: what aliases repeat under ever
/// different defaults.
const REPEATED_VISITS: usize = 100_000;

/// Visits every ECR task of a tree; returns their number, counted as often as aliases repeat them,
/// and what could not be read.
pub(super) fn visit<'t>(
    tree: &'t Tree<'t>,
    modules: &'t Modules,
    each: &mut dyn FnMut(&Task<'_>),
) -> (u64, Vec<Failure>) {
    let mut visitor = Visitor {
        tree,
        modules,
        scopes: Scopes::new(tree, modules),
        each,
        visited: HashMap::new(),
        visits_left: tree.size() + REPEATED_VISITS,
        tasks: 0,
        failures: Vec::new(),
        refused: HashSet::new(),
    };
    for &root in tree.roots() {
        visitor.document(root);
    }
    let (tasks, mut failures, unclear) = (visitor.tasks, visitor.failures, visitor.scopes.unclear());
    if let Some(mapping) = unclear {
        failures.push(Failure::unreliable(
            tree.span(mapping).start,
            "these module_defaults may equal those in front of them, of which Ansible keeps the first; write them once",
        ));
    }
    if visitor.visits_left == 0 {
        failures.push(Failure {
            offset: None,
            message: "cannot be read reliably: its aliases repeat tasks too often".to_owned(),
        });
    }
    if let Some(deep) = tree.too_deep() {
        failures.push(Failure::unreliable(
            tree.span(deep).start,
            "merges (<<) or module_defaults are nested too deep or too large",
        ));
    }
    (tasks, failures)
}

struct Visitor<'t, 'e> {
    tree: &'t Tree<'t>,
    modules: &'t Modules,
    scopes: Scopes<'t>,
    each: &'e mut dyn FnMut(&Task<'_>),
    /// Anchored nodes by the defaults in force, with the number of tasks below.
    visited: HashMap<(NodeId, usize), u64>,
    visits_left: usize,
    tasks: u64,
    failures: Vec<Failure>,
    refused: HashSet<NodeId>,
}

impl<'t> Visitor<'t, '_> {
    fn document(&mut self, root: NodeId) {
        let outermost = Scopes::outermost();
        for &item in self.tree.items(root) {
            let item = self.tree.follow(item);
            if self.has_any(item, &PLAYS) || self.has_any(item, &SECTIONS) {
                self.once(item, &outermost, |visitor, play| {
                    let scope = visitor.scopes.enter(&outermost, play);
                    visitor.lists(play, &SECTIONS, &scope, 0);
                });
            } else {
                self.item(item, &outermost, 0);
            }
        }
    }

    fn has_any(&self, mapping: NodeId, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.tree.get(mapping, key).is_some())
    }

    fn lists(&mut self, mapping: NodeId, keys: &[&str], scope: &Scope<'t>, depth: usize) {
        for key in keys {
            if let Some(entry) = self.tree.get(mapping, key) {
                self.once(self.tree.follow(entry.value), scope, |visitor, list| {
                    for &item in visitor.tree.items(list) {
                        visitor.item(visitor.tree.follow(item), scope, depth);
                    }
                });
            }
        }
    }

    /// Visits a node that aliases may lead to again only the first time, and counts it every time.
    fn once(&mut self, node: NodeId, scope: &Scope<'t>, visit: impl FnOnce(&mut Self, NodeId)) {
        self.visits_left = self.visits_left.saturating_sub(1);
        if self.visits_left == 0 {
            return;
        }
        if !self.tree.is_anchored(node) {
            return visit(self, node);
        }
        let key = (node, scope.id);
        if let Some(&below) = self.visited.get(&key) {
            self.tasks = self.tasks.saturating_add(below);
            return;
        }
        self.visited.insert(key, 0); // a list that holds itself adds nothing
        let before = self.tasks;
        visit(self, node);
        self.visited.insert(key, self.tasks - before);
    }

    fn item(&mut self, item: NodeId, scope: &Scope<'t>, depth: usize) {
        self.once(item, scope, |visitor, item| {
            let inner = visitor.scopes.enter(scope, item);
            if !visitor.has_any(item, &BLOCK) {
                visitor.task(item, &inner);
            } else if depth < BLOCK_DEPTH {
                visitor.lists(item, &BLOCK, &inner, depth + 1);
            } else {
                let start = visitor.tree.span(item).start;
                visitor.failures.push(Failure::unreliable(start, "blocks are nested too deep"));
            }
        });
    }

    fn task(&mut self, item: NodeId, scope: &Scope<'t>) {
        let modules = self.modules;
        for (module, name) in modules.all() {
            let Some(entry) = self.tree.get(item, name) else { continue };
            let arguments = Arguments::of_module(self.tree, entry.value);
            let action = arguments.map(|arguments| Some(Action { module, name: name.clone(), arguments }));
            self.checked(item, entry, scope, action);
        }
        for form in ["action", "local_action"] {
            let Some(entry) = self.tree.get(item, form) else { continue };
            let action = Arguments::of_action(self.tree, entry.value, modules);
            self.checked(item, entry, scope, action);
        }
    }

    fn checked(
        &mut self,
        item: NodeId,
        entry: Entry,
        scope: &Scope<'t>,
        action: Result<Option<Action<'t>>, Unreadable>,
    ) {
        let tree = self.tree;
        let action = match action {
            Ok(Some(action)) => action,
            Ok(None) => return,
            Err(reason) => return self.refuse(entry, reason),
        };
        let args = tree.get(item, "args").map(|entry| entry.value);
        let arguments = action.arguments.with_args(args).with_defaults(scope, action.module);
        if let Some(reason) = arguments.unreadable() {
            return self.refuse(entry, reason);
        }
        let task = Task {
            name: tree.get(item, "name").and_then(|entry| tree.string(entry.value)),
            is_action: tree.string(entry.key) != Some(&*action.name),
            module: action.name,
            place: tree.whole_span(entry.key),
            span: tree.content_span(item),
            item,
            entry,
            arguments,
        };
        self.tasks = self.tasks.saturating_add(1);
        (self.each)(&task);
    }

    /// Notes why a task is not read; one that stands under many scopes, once.
    fn refuse(&mut self, entry: Entry, reason: Unreadable) {
        if self.refused.insert(entry.key) {
            self.failures.push(failure(self.tree.whole_span(entry.key).start, reason));
        }
    }
}

fn failure(start: usize, reason: Unreadable) -> Failure {
    let in_doubt = match reason {
        Unreadable::Words(Refused::Unbalanced) => {
            let message = "the task's k=v string leaves a quote or a Jinja block open, which Ansible refuses";
            return Failure { offset: Some(start), message: message.to_owned() };
        }
        Unreadable::Words(Refused::Escape) => {
            "the task's k=v string holds an escape such as \\N{…}; write the character"
        }
        Unreadable::InnerPairs => "the inner args are a list of pairs; write a mapping",
        Unreadable::DefaultPairs => "its module_defaults give the arguments as a list; write a mapping",
        Unreadable::VariableParams => "_variable_params holds a mapping; write its entries as arguments",
    };
    Failure::unreliable(start, in_doubt)
}
