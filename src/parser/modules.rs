//! The names of the module that creates ECR repositories.
//!
//! Invariant: names are compared byte by byte; every name that [`Modules::identify`] knows is among
//! [`Modules::names`], which is what the byte search looks for.

/// The module's own names: all four reach `community.aws.ecs_ecr`.
const ECS_ECR: [&str; 4] =
    ["ecs_ecr", "community.aws.ecs_ecr", "ansible.legacy.ecs_ecr", "ansible.builtin.ecs_ecr"];

/// Which module a name means; the module's own four names mean the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Module {
    /// `community.aws.ecs_ecr`.
    EcsEcr,
    /// A further module of the configuration, by its index.
    Configured(usize),
}

/// The names under which tasks may use the module.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    configured: Vec<String>,
}

impl Modules {
    /// The module's own names and further ones that are to be treated like it.
    #[must_use]
    pub fn new(configured: Vec<String>) -> Self {
        Self { configured }
    }

    /// All names, the module's own first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        ECS_ECR.into_iter().chain(self.configured.iter().map(String::as_str))
    }

    /// The module that a task's key or action string names.
    pub(crate) fn identify(&self, name: &str) -> Option<Module> {
        if ECS_ECR.contains(&name) {
            return Some(Module::EcsEcr);
        }
        self.configured.iter().position(|known| known == name).map(Module::Configured)
    }
}
