//! Finds the tasks: documents contain plays or tasks, plays and blocks contain lists of them.
//!
//! Invariant: every task that Ansible would load from the file is visited, as often as aliases repeat it, or a failure
//! says why not; data (`vars`, arguments, `loop` …) is never visited.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arguments::{Arguments, Layer, ScalarForm, UNUSUAL_STRING};
use super::failure::{Failure, Reason, Result};
use super::key_values::KeyValues;
use super::module_defaults::Defaults;
use super::task::{Argument, Setting, Source, Task};
use super::tree::{DEPTH, Entry, MERGE_DEPTH, NodeId, Tree};
use crate::modules::{Module, Modules, look_alikes};

const SECTIONS: [&str; 4] = ["pre_tasks", "tasks", "post_tasks", "handlers"];
const PLAYS: [&str; 4] =
    ["hosts", "import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook"];
const BLOCK: [&str; 3] = ["block", "rescue", "always"];

/// Visits every ECR task of a tree; returns how many there are, repeated ones included, and what could not be read.
pub(super) fn visit<'t>(
    tree: &'t Tree<'t>,
    modules: &'t Modules,
    each: &mut dyn FnMut(&Task<'_>),
) -> (u64, Vec<Failure>) {
    let mut visitor = TaskVisitor { tree, modules, each, tasks: 0, failures: BTreeMap::new() };
    for &root in &tree.roots {
        visitor.document(root);
    }
    (visitor.tasks, visitor.failures.into_values().collect())
}

struct TaskVisitor<'t, 'e> {
    tree: &'t Tree<'t>,
    modules: &'t Modules,
    each: &'e mut dyn FnMut(&Task<'_>),
    tasks: u64,
    /// By their offsets, warnings apart: several tasks, or one task in several scopes, may have the same one.
    failures: BTreeMap<(Option<usize>, bool), Failure>,
}

/// The module that a task runs, the name that the task writes, and the arguments given together with the name.
type Call<'t> = (&'t (Module, Arc<str>), Vec<Layer<'t>>);

impl<'t> TaskVisitor<'t, '_> {
    /// The result; a failure is noted and gives nothing.
    fn note<T: Default>(&mut self, result: Result<T>) -> T {
        result.unwrap_or_else(|failure| {
            // a warning must not hide an error
            self.failures.entry((failure.offset, failure.reason.is_warning())).or_insert(failure);
            T::default()
        })
    }

    fn get(&mut self, mapping: NodeId, key: &str) -> Option<Entry> {
        self.note(self.tree.get(mapping, key))
    }

    fn has_any(&mut self, mapping: NodeId, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.get(mapping, key).is_some())
    }

    fn document(&mut self, root: NodeId) {
        let outermost = Defaults::default();
        for item in self.tree.items(root) {
            if self.has_any(item, &PLAYS) || self.has_any(item, &SECTIONS) {
                let defaults = outermost.inside(self.tree, self.modules, item);
                self.lists(item, &SECTIONS, &defaults, &[]);
            } else {
                self.item(item, &outermost, &[]);
            }
        }
    }

    /// Visits the items of some lists of a mapping; `above` are the blocks that it is in or is.
    fn lists(&mut self, mapping: NodeId, keys: &[&str], defaults: &Defaults<'t>, above: &[NodeId]) {
        for key in keys {
            let Some(entry) = self.get(mapping, key) else { continue };
            for item in self.tree.items(entry.value) {
                self.item(item, defaults, above);
            }
        }
    }

    fn item(&mut self, item: NodeId, outer: &Defaults<'t>, above: &[NodeId]) {
        if let Err(failure) = self.tree.take_steps(10 + above.len() / 4) {
            return self.note(Err(failure)); // for this item and all that follow
        }
        let defaults = outer.inside(self.tree, self.modules, item);
        let mapping = self.tree.follow(item);
        if !self.has_any(item, &BLOCK) {
            self.task(item, &defaults);
        } else if above.len() == DEPTH || above.contains(&mapping) {
            let why = "blocks are nested too deep, or in themselves";
            self.note::<()>(Err(Failure::unreliable(self.tree.start(item), why)));
        } else {
            self.lists(item, &BLOCK, &defaults, &[above, &[mapping]].concat());
        }
    }

    fn task(&mut self, item: NodeId, defaults: &Defaults<'t>) {
        for module in &self.modules.names {
            let Some(entry) = self.get(item, &module.1) else { continue };
            let layers = Layer::read(self.tree, entry.value, ScalarForm::KeyValues);
            self.visit_task(item, entry, layers.map(|layers| Some((module, layers))), defaults);
        }
        for form in ["action", "local_action"] {
            let Some(entry) = self.get(item, form) else { continue };
            let call = self.action(entry);
            self.visit_task(item, entry, call, defaults);
        }
        let warned = self.warn_of_look_alikes(item, 0);
        self.note(warned);
    }

    /// Warns of modules that may be meant to be the ECR module.
    fn warn_of_look_alikes(&mut self, item: NodeId, depth: usize) -> Result<()> {
        let tree = self.tree;
        for entry in tree.entries(item) {
            tree.take_steps(15)?; // its names are compared with ours
            if tree.is_merge_key(entry.key) && depth < MERGE_DEPTH {
                let mut merged = tree.mappings(entry.value);
                merged.try_for_each(|source| self.warn_of_look_alikes(source, depth + 1))?;
            }
            let name = tree.string(entry.key).filter(|name| self.modules.identify(name).is_none());
            self.warn(entry, name.and_then(look_alikes::of_module));
        }
        Ok(())
    }

    /// Warns at an entry, if there is something to say.
    fn warn(&mut self, entry: Entry, what: Option<String>) {
        let warning =
            what.map(|what| Failure::new(self.tree.start(entry.key), Reason::NotChecked(what.into())));
        self.note(warning.map_or(Ok(()), Err));
    }

    /// What `action: value` says; `None` where that names no ECR module. Strongest are the inner `args`, then the pairs
    /// beside the module's name, then the keys beside `module`; the task's own `args` are weaker.
    fn action(&mut self, action: Entry) -> Result<Option<Call<'t>>> {
        let tree = self.tree;
        let siblings = tree.is_mapping(action.value).then(|| tree.follow(action.value));
        let module = match siblings {
            Some(siblings) => tree.get(siblings, "module")?.map(|entry| entry.value),
            None => Some(action.value),
        };
        let named = module.and_then(|module| Some((tree.follow(module), tree.string(module)?)));
        let Some((module, text)) = named else { return Ok(None) };
        tree.take_steps(text.len())?;
        let unreliable = |why| Err(Failure::unreliable(tree.start(module), why));
        let Some((name, words)) = KeyValues::parse_action(text) else {
            // a string that cannot be split matters only if it may name our module
            tree.take_steps(text.len() / 16 * self.modules.names().count())?;
            let may_be_ours = self.modules.names().any(|name| text.contains(name));
            return if may_be_ours { unreliable(UNUSUAL_STRING) } else { Ok(None) };
        };
        let Some(known) = self.modules.identify(name) else {
            let template = name.contains('{').then(|| "the module's name is a template; not checked".into());
            self.warn(action, template.or_else(|| look_alikes::of_module(name)));
            return Ok(None);
        };
        let inner = siblings.map_or(Ok(None), |siblings| tree.get(siblings, "args"))?;
        let text = inner.and_then(|args| tree.string(args.value)).unwrap_or_default();
        // a word there that is no pair, such as a line break, replaces the template
        let are_pairs = || KeyValues::parse(text).is_some_and(|words| words.are_pairs());
        if words.get("args").is_some() || words.template().is_some() && !are_pairs() {
            return unreliable("this k=v string has `args=`, or a template by `args`; write a mapping");
        }
        let read = |args: Entry| Layer::read(tree, args.value, ScalarForm::KeyValues);
        let mut layers = inner.map_or(Ok(Vec::new()), read)?;
        layers.extend(Layer::of_pairs(tree, module, words)?);
        if let Some(siblings) = siblings {
            layers.extend(Layer::read(tree, siblings, ScalarForm::Template)?);
        }
        Ok(Some((known, layers)))
    }

    fn visit_task(
        &mut self,
        item: NodeId,
        entry: Entry,
        call: Result<Option<Call<'t>>>,
        defaults: &Defaults<'t>,
    ) {
        let tree = self.tree;
        let Some(((module, name), own)) = self.note(call) else { return };
        let arguments = defaults.layers(tree, *module);
        let arguments = arguments.and_then(|defaults| Arguments::new(tree, item, own, defaults));
        let decisive = arguments.and_then(|arguments| Ok(Some((arguments.decisive()?, arguments))));
        let Some(([state, mutability], arguments)) = self.note(decisive) else { return };
        // what defaults set may be replaced by those of another module
        let sets = |argument: &Option<Argument<'t>>, text| {
            let of_task = argument.as_ref().filter(|argument| argument.source != Source::Default);
            of_task.is_some_and(|argument| argument.value == Setting::Text(text))
        };
        let is_satisfied = sets(&state, "absent") || sets(&mutability, "immutable");
        if !is_satisfied {
            for entry in defaults.of_others(*module) {
                self.warn(entry, tree.string(entry.key).map(look_alikes::of_default));
            }
        }
        // the message does without a name that is ambiguous
        let task_name = tree.get(item, "name").ok().flatten();
        let task = Task {
            name: task_name.and_then(|entry| tree.string(entry.value)),
            module: name.clone(),
            module_key: tree.span(entry.key),
            span: tree.span(tree.follow(item)),
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
