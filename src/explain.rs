//! The rule on one screen, for `--explain`.
//!
//! Invariant: with the command above it and the prompt below it fills at most 24 lines of 80 columns.

/// What the rule is about, why it matters, how to fix or suppress a finding.
pub(crate) const TEXT: &str = include_str!("explain.txt");

#[cfg(test)]
mod tests {
    use super::TEXT;
    use crate::rule::{ARGUMENT, ID, IMMUTABLE, MODULE_PAGE, PAGE, SEVERITY};

    #[test]
    fn fits_one_screen() {
        let rows: usize = TEXT.lines().map(|line| line.len().div_ceil(80).max(1)).sum();
        assert!(rows <= 22, "{rows} rows");
        // only an address may wrap: it has to stay one word to be opened
        assert!(TEXT.lines().all(|line| line.len() <= 80 || line.starts_with("https://")));
        assert!(TEXT.is_ascii());
    }

    #[test]
    fn uses_the_words_of_the_rule() {
        assert!(TEXT.starts_with(&format!("{ID} ({SEVERITY})\n")));
        assert!(TEXT.contains(&format!("{ARGUMENT}: {IMMUTABLE}")));
        assert!(TEXT.ends_with(&format!("\n{PAGE}\n{MODULE_PAGE}\n")));
    }
}
