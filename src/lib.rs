//! Finds Ansible tasks that create Amazon ECR repositories whose image tags can be overwritten.
//!
//! Four rooms in a row, and data flows one way: the [`walker`] collects files, the [`parser`] turns
//! each into tasks, [`rule::check`] flags tasks, and the [`printer`] reports findings. [`linter`] is
//! the pipeline. The library serves the command-line tool of the same name and promises no stable
//! interface of its own.

pub mod apply;
pub mod cli;
pub mod config;
pub mod explain;
pub mod fix;
pub mod generate;
pub mod linter;
pub mod output;
pub mod parser;
pub mod printer;
pub mod progress;
pub mod reader;
pub mod report;
pub mod rule;
pub mod run;
pub mod search;
pub mod signals;
pub mod suppress;
pub mod walker;
