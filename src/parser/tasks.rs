//! Finds the tasks: documents contain plays or tasks, plays and blocks contain lists of them.
//!
//! Invariant: every task that Ansible would load from the file is visited, or a failure says why not; data (`vars`,
//! arguments, `loop` …) is never visited. A node is visited once for each set of defaults that applies to it, however
//! many aliases lead to it.

use std::collections::{HashMap, HashSet};

use super::arguments::{Arguments, Call};
use super::failure::{Failure, Reason, Unreliable};
use super::module_defaults::{DefaultsScope, Scopes};
use super::modules::Modules;
use super::resolve::Resolver;
use super::task::{Argument, Setting, Task};
use super::tree::{MappingEntry, NodeId};

const SECTIONS: [&str; 4] = ["pre_tasks", "tasks", "post_tasks", "handlers"];
const PLAYS: [&str; 4] =
    ["hosts", "import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook"];
const BLOCK: [&str; 3] = ["block", "rescue", "always"];

/// How deep blocks may nest, aliases included.
const BLOCK_DEPTH: usize = 256;
/// How many nodes may be visited again because aliases repeat them under different defaults.
const REPEATED_VISITS: usize = 100_000;

/// Visits every ECR task of a tree; returns how many there are, repeated ones included, and what could not be read.
pub(super) fn visit<'t>(
    resolver: &'t Resolver<'t>,
    modules: &'t Modules,
    each: &mut dyn FnMut(&Task<'_>),
) -> (u64, Vec<Failure>) {
    let mut visitor = TaskVisitor {
        resolver,
        modules,
        scopes: Scopes::new(resolver, modules),
        each,
        visited: HashMap::new(),
        visits_left: resolver.tree.size() + REPEATED_VISITS,
        tasks: 0,
        failures: Vec::new(),
        failed: HashSet::new(),
    };
    for &root in resolver.tree.roots() {
        visitor.document(root);
    }
    if visitor.visits_left == 0 {
        visitor.fail(Failure { offset: None, reason: Unreliable::RepeatedTasks.into() });
    }
    (visitor.tasks, visitor.failures)
}

struct TaskVisitor<'t, 'e> {
    resolver: &'t Resolver<'t>,
    modules: &'t Modules,
    scopes: Scopes<'t>,
    each: &'e mut dyn FnMut(&Task<'_>),
    /// How many tasks are below an anchored node, for each set of defaults that applied to it.
    visited: HashMap<(NodeId, usize), u64>,
    visits_left: usize,
    tasks: u64,
    failures: Vec<Failure>,
    /// The offsets of the failures: several tasks, or one task in several scopes, may have the same one.
    failed: HashSet<Option<usize>>,
}

impl TaskVisitor<'_, '_> {
    fn fail(&mut self, failure: Failure) {
        if self.failed.insert(failure.offset) {
            self.failures.push(failure);
        }
    }

    /// Looks up a key; a look-up that fails is noted as a failure and finds nothing.
    fn get(&mut self, mapping: NodeId, key: &str) -> Option<MappingEntry> {
        self.resolver.get(mapping, key).unwrap_or_else(|failure| {
            self.fail(failure);
            None
        })
    }

    fn has_any(&mut self, mapping: NodeId, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.get(mapping, key).is_some())
    }

    fn document(&mut self, root: NodeId) {
        let outermost = Scopes::outermost();
        for &item in self.resolver.tree.items(root) {
            let item = self.resolver.tree.follow(item);
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

    fn lists(&mut self, mapping: NodeId, keys: &[&str], scope: &DefaultsScope, depth: usize) {
        for key in keys {
            if let Some(entry) = self.get(mapping, key) {
                self.once(self.resolver.tree.follow(entry.value), scope, |visitor, list| {
                    for &item in visitor.resolver.tree.items(list) {
                        visitor.item(visitor.resolver.tree.follow(item), scope, depth);
                    }
                });
            }
        }
    }

    /// Visits a node the first time that aliases lead to it, and counts its tasks every time.
    fn once(&mut self, node: NodeId, scope: &DefaultsScope, visit: impl FnOnce(&mut Self, NodeId)) {
        self.visits_left = self.visits_left.saturating_sub(1);
        if self.visits_left == 0 {
            return;
        }
        if !self.resolver.tree.is_aliased(node) {
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

    fn item(&mut self, item: NodeId, scope: &DefaultsScope, depth: usize) {
        self.once(item, scope, |visitor, item| {
            let inner = visitor.scopes.enter(scope, item);
            if !visitor.has_any(item, &BLOCK) {
                visitor.task(item, &inner);
            } else if depth < BLOCK_DEPTH {
                visitor.lists(item, &BLOCK, &inner, depth + 1);
            } else {
                let start = visitor.resolver.tree.span(item).start;
                visitor.fail(Failure::new(start, Unreliable::Blocks));
            }
        });
    }

    fn task(&mut self, item: NodeId, scope: &DefaultsScope) {
        let (resolver, modules) = (self.resolver, self.modules);
        let start = |entry: MappingEntry| resolver.tree.whole_span(entry.key).start;
        for (module, name) in modules.all() {
            let Some(entry) = self.get(item, name) else { continue };
            let call = Call::of_module(resolver, (module, name), entry.value, start(entry));
            self.visit_task(item, entry, scope, call.map(Some));
        }
        for form in ["action", "local_action"] {
            let Some(entry) = self.get(item, form) else { continue };
            let call = Call::of_action(resolver, modules, entry.value, start(entry));
            self.visit_task(item, entry, scope, call);
        }
        for entry in resolver.tree.own_entries(item).chunks_exact(2) {
            let key = resolver.tree.string(entry[0]);
            let name = match key {
                Some("action" | "local_action") => {
                    resolver.tree.string(entry[1]).and_then(|action| action.split_whitespace().next())
                }
                key => key,
            };
            if let Some(name) = name.filter(|name| modules.is_in_other_collection(name)) {
                let reason = Reason::OtherCollection(name.to_owned());
                self.fail(Failure::new(resolver.tree.whole_span(entry[0]).start, reason));
            }
        }
    }

    fn visit_task(
        &mut self,
        item: NodeId,
        entry: MappingEntry,
        scope: &DefaultsScope,
        call: Result<Option<Call>, Failure>,
    ) {
        let tree = self.resolver.tree;
        let call = match call {
            Ok(Some(call)) => call,
            Ok(None) => return,
            Err(failure) => return self.fail(failure),
        };
        let module = call.name.clone();
        let arguments = Arguments::new(self.resolver, item, call, scope);
        let (state, mutability) = match decisive(&arguments) {
            Ok(found) => found,
            Err(failure) => return self.fail(failure),
        };
        // the message does without a name that is ambiguous
        let name = self.resolver.get(item, "name").ok().flatten();
        let task = Task {
            name: name.and_then(|entry| tree.string(entry.value)),
            module,
            module_key: tree.whole_span(entry.key),
            span: tree.content_span(item),
            state,
            mutability,
            item,
            entry,
            arguments: &arguments,
        };
        self.tasks = self.tasks.saturating_add(1);
        (self.each)(&task);
    }
}

type ArgumentLookup<'t> = Result<Option<Argument<'t>>, Failure>;

/// The arguments `state` and `image_tag_mutability`.
type Decisive<'t> = (Option<Argument<'t>>, Option<Argument<'t>>);

/// Reads both arguments. If one of them satisfies the rule, an ambiguous merge of the other does not matter.
fn decisive<'t>(arguments: &'t Arguments<'t>) -> Result<Decisive<'t>, Failure> {
    let (state, mutability) = (arguments.get("state"), arguments.get("image_tag_mutability"));
    let value =
        |argument: &ArgumentLookup<'t>| argument.as_ref().ok()?.as_ref().map(|argument| argument.value);
    let satisfied = value(&state) == Some(Setting::Text("absent"))
        || value(&mutability) == Some(Setting::Text("immutable"));
    let read = |argument: ArgumentLookup<'t>| match argument {
        Err(Failure { reason: Reason::Unreliable(Unreliable::Merge), .. }) if satisfied => Ok(None),
        argument => argument,
    };
    Ok((read(state)?, read(mutability)?))
}
