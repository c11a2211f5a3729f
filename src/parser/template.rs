//! Which strings Ansible would look into for a template.
//!
//! Invariant: a look at the delimiters only, as ansible-core takes it before it compiles anything.

const STARTS: [&str; 3] = ["{{", "{%", "{#"];
const ENDS: [&str; 3] = ["}}", "%}", "#}"];

/// The header that makes a string a template whatever it holds.
const OVERRIDE: &str = "#jinja2:";

/// `is_possibly_template` of ansible-core.
pub(super) fn is_template(text: &str) -> bool {
    text.starts_with(OVERRIDE) || STARTS.iter().any(|start| text.contains(start))
}

/// `is_possibly_all_template` of ansible-core.
pub(super) fn is_all_template(text: &str) -> bool {
    let delimited =
        STARTS.iter().any(|start| text.starts_with(start)) && ENDS.iter().any(|end| text.ends_with(end));
    delimited || text.starts_with(OVERRIDE)
}
