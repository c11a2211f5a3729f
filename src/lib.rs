//! Finds Ansible tasks that do not make the image tags of Amazon ECR repositories immutable.
//!
//! This library is the inside of the command-line tool of the same name. It is no stable API: any version may change
//! anything in it.
//!
//! # The pipeline
//!
//! ```text
//! paths ─walker→ files ─parser→ tasks ─rule→ findings ─printer→ output
//!                                            └─fix→ edits
//! ```
//!
//! | module | its job |
//! |---|---|
//! | `cli`, `config` | the command line and `.ecr-lint.yaml`, as data |
//! | `command` | one run: options → walk → lint → fix → report |
//! | `walker` | which files the paths mean, git's ignore patterns, why something is skipped |
//! | `reader`, `search` | read a file once, whatever it has become; could its bytes concern the rule at all? |
//! | `paths` | how files are named: from where, and as text for each format |
//! | `parser` | a text → events (`libyaml`) → a tree (`builder`, `tree`) → tasks with their arguments (`tasks`, `arguments`) |
//! | `modules` | the names of the module, and names that are nearly its own |
//! | `position` | bytes, lines and columns; where libyaml ends lines |
//! | `rule` | `check(&Task) -> Option<Finding>`, the one rule |
//! | `suppress` | which findings a comment suppresses |
//! | `linter` | all of that for one text |
//! | `scan` | what the walker finds, linted on all cores; the progress line |
//! | `report` | what a run found, as data |
//! | `fix`, `apply` | plan edits, verify them in memory (`verify`), write files safely (`write`) |
//! | `printer`, `output` | one file for each format; where the report goes |
//! | `generate`, `signals` | the explained rule, man page and completions; no temporary file stays behind |
//!
//! # What follows Ansible
//!
//! A change of Ansible (compared with ansible-core 2.21) belongs into the module that follows it:
//!
//! | module of `parser` | Ansible |
//! |---|---|
//! | `libyaml`, `builder` | the YAML loader: libyaml, and `AnsibleConstructor`'s tags |
//! | `tree` | `PyYAML`'s `flatten_mapping`, duplicate keys |
//! | `tasks` | `load_list_of_tasks`, `Play`, `Block` |
//! | `arguments` | `ModuleArgsParser`, `_get_action_arg_defaults` |
//! | `key_values` | `parse_kv`, `split_args` |
//! | `module_defaults` | `_load_module_defaults`, `_resolve_group` |
//! | `task`, `key_values` | `is_possibly_template`, `is_possibly_all_template` |
//!
//! # To change …
//!
//! - the output: a new format starts in `src/printer.rs`, whose header lists what it takes.
//! - the modules that are checked: the list `ECS_ECR` in `src/modules.rs`.
//! - how Ansible merges `args`: `Arguments::new` in `src/parser/arguments.rs`, and a case file in `tests/cases`; what
//!   Ansible makes of generated ones is in `tests/documents.json`, by the oracle in `tests/ansible`.
//! - where `--fix` inserts a line: `insert` in `src/fix/edits.rs`, and a pair of files in `tests/fix`.
//! - the comments that suppress: `src/suppress/directive.rs`, a function for each tool, and a case file in
//!   `tests/suppress`.
//! - the comments that `--add-ignores` writes: `ignore` in `src/fix/edits.rs`, and a pair of files in `tests/fix`.

pub mod apply;
pub mod cli;
pub mod command;
mod config;
pub mod escape;
pub mod fix;
mod generate;
pub mod linter;
pub mod modules;
mod output;
pub mod parser;
pub mod paths;
pub mod position;
pub mod printer;
mod reader;
pub mod report;
pub mod rule;
pub mod scan;
pub mod search;
mod signals;
mod suppress;
pub mod walker;
