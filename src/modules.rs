//! The names of the module that creates ECR repositories.
//!
//! Invariant: names are compared byte by byte; every name that `Modules::identify` knows is among
//! [`Modules::names`], which is what the byte search looks for.

pub(crate) mod look_alikes;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) use self::look_alikes::PARTS;
pub use self::look_alikes::Slip;

/// The argument that decides.
pub const ARGUMENT: &str = "image_tag_mutability";

/// The module's own names: all four reach `community.aws.ecs_ecr`.
const ECS_ECR: [&str; 4] =
    ["ecs_ecr", "community.aws.ecs_ecr", "ansible.legacy.ecs_ecr", "ansible.builtin.ecs_ecr"];

/// The module that a name refers to; all four names of the ECR module refer to the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Module {
    /// `community.aws.ecs_ecr`.
    EcsEcr,
    /// A further module of the configuration, by its index.
    Configured(usize),
}

/// The names under which tasks may use the module.
#[derive(Clone, Debug)]
pub struct Modules {
    /// The module's own four names, then the configured ones; shared with the tasks that use them.
    pub(crate) names: Vec<(Module, Arc<str>)>,
}

impl Default for Modules {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Modules {
    /// The module's own names, and further modules that are treated like it.
    #[must_use]
    pub fn new(configured: &[String]) -> Self {
        let own = ECS_ECR.into_iter().map(|name| (Module::EcsEcr, name.into()));
        let others: BTreeSet<_> = configured.iter().filter(|name| !ECS_ECR.contains(&&***name)).collect();
        let others = (0..).zip(others).map(|(index, name)| (Module::Configured(index), name.as_str().into()));
        Self { names: own.chain(others).collect() }
    }

    /// All names, the module's own first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(_, name)| &**name)
    }

    /// The module with this name, as written in a task's key or action string.
    pub(crate) fn identify(&self, name: &str) -> Option<&(Module, Arc<str>)> {
        self.names.iter().find(|(_, known)| **known == *name)
    }
}
