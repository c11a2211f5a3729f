//! Names that are nearly those of the module or its argument, and places that are nearly the right one.
//!
//! Invariant: what Ansible takes for the module or its argument is no look-alike. A look-alike only changes what is
//! said, never what is flagged.

use super::ARGUMENT;
use crate::escape::{LONGEST_NAME, cut};

const MODULE: &str = "community.aws.ecs_ecr";
const SHORT_NAME: &str = "ecs_ecr";
/// Modules that do not exist, and that public playbooks contain all the same.
const INVENTED: [&str; 2] = ["community.aws.ecr_repository", "amazon.aws.ecr_repository"];
/// Parts of such names that [`crate::search`] looks for, too.
pub(crate) const PARTS: [&str; 2] = ["aws.ecr_repo", "aws.ecs_e"];

/// No module has a longer name: a collection's two parts name directories.
const LONGEST_MODULE: usize = 600;

/// The argument's name in small letters, without what separates them.
const LETTERS: &str = "imagetagmutability";

/// How an argument that is not set was perhaps meant to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slip {
    /// By a key that is nearly its name.
    Misspelled(Box<str>),
    /// By a key without a space after its colon, which makes the value a part of the key.
    NoSpace,
    /// By a key of the task itself.
    TooHigh,
    /// By a key inside another argument.
    TooDeep,
}

/// Whether one name becomes the other by at most so many characters added, left out, replaced or swapped.
fn is_alike(name: &str, other: &str, typos: usize) -> bool {
    name.len().abs_diff(other.len()) <= typos && strsim::osa_distance(name, other) <= typos
}

/// What to say of a name that is not checked, if the module may be meant by it.
pub(crate) fn of_module(name: &str) -> Option<String> {
    if name.len() > LONGEST_MODULE {
        return None;
    }
    let quoted = || cut(name, LONGEST_NAME);
    let is_full = name.split('.').take(4).count() == 3;
    if INVENTED.contains(&name)
        || is_alike(name, if is_full { MODULE } else { SHORT_NAME }, 1 + usize::from(is_full))
    {
        return Some(format!("{} is not checked; did you mean {MODULE}?", quoted()));
    }
    let is_other = is_full && name.strip_suffix(SHORT_NAME).is_some_and(|rest| rest.ends_with('.'));
    is_other.then(|| {
        format!(
            "{} is not checked: Ansible's module is {MODULE}; name one of your own under `modules` in .ecr-lint.yaml",
            quoted()
        )
    })
}

/// What to say of the defaults of a module that may be redirected to a task's.
pub(crate) fn of_default(name: &str) -> String {
    let name = cut(name, LONGEST_NAME);
    format!("{name} is not checked here: a redirect may make these the task's defaults")
}

/// What the key of an argument was perhaps meant to be.
pub(crate) fn of_key(key: &str) -> Option<Slip> {
    if key.strip_prefix(ARGUMENT).is_some_and(|rest| rest.starts_with(':')) {
        return Some(Slip::NoSpace);
    }
    let letters = key.bytes().take(LONGEST_NAME).filter(u8::is_ascii_alphanumeric);
    let letters = letters.take(LETTERS.len() + 3); // more cannot be alike
    let letters: String = letters.map(|c| char::from(c.to_ascii_lowercase())).collect();
    is_alike(&letters, LETTERS, 2).then(|| Slip::Misspelled(cut(key, LONGEST_NAME).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_mean_the_module() {
        for name in [
            "community.aws.ecr_repository",
            "amazon.aws.ecr_repository",
            "comunity.aws.ecs_ecr",
            "community.aws.ecs_erc",
            "ecs_erc",
        ] {
            let said = of_module(name).unwrap_or_default();
            assert_eq!(said, format!("{name} is not checked; did you mean community.aws.ecs_ecr?"));
        }
        assert!(of_module("acme.cloud.ecs_ecr").is_some_and(|said| said.contains("under `modules`")));
        for name in [
            "",
            "debug",
            "ecs_tag",
            "community.aws.ecs_tag",
            "a.ecs_ecr",
            "a.b.c.ecs_ecr",
            "acme.cloud.my_ecs_ecr",
        ] {
            assert_eq!(of_module(name), None, "{name}");
        }
    }
}
