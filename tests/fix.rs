//! Each pair of files in `tests/fix` is a test of its own: `NAME.before.yml` becomes `NAME.after.yml`, which
//! `SNAPSHOTS=overwrite` writes. Each `NAME.kept.yml` stays as it is, for the reason in its first line. `.unsafe` in a
//! name means `--unsafe-fixes`, `.ignores` means `--add-ignores why`.

mod common;

use std::path::Path;
use std::process::ExitCode;

use ecr_lint::apply;
use ecr_lint::fix::{self, Level};
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::report::FileReport;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let files = common::case_files("fix");
    assert!(files.len() > 60, "tests/fix has only {} files", files.len());
    let text = |name: &str| {
        let file = files.iter().find(|(other, _)| other == name);
        let bytes = file.unwrap_or_else(|| panic!("tests/fix/{name} is missing")).1.clone();
        String::from_utf8(bytes).expect("UTF-8")
    };
    let mut trials = Vec::new();
    for (name, _) in &files {
        let options = options(name);
        if name.ends_with(".before.yml") {
            let (before, after) = (text(name), name.replace(".before.", ".after."));
            let expected = if common::overwrites() { String::new() } else { text(&after) };
            trials.push(Trial::test(name.replace(".before.yml", ""), move || {
                if common::overwrites() {
                    let fixed = fixed(&before, &options);
                    common::write_case("fix", &after, &fixed);
                    return is_fixed(&before, &fixed, &options);
                }
                is_fixed(&before, &expected, &options)
            }));
        } else if name.ends_with(".kept.yml") {
            let kept = text(name);
            trials.push(Trial::test(name.replace(".yml", ""), move || is_kept(&kept, &options)));
        } else {
            text(&name.replace(".after.", ".before."));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn options(name: &str) -> LintOptions {
    let level = if name.contains(".unsafe.") { Level::Unsafe } else { Level::Safe };
    let ignore_reason = name.contains(".ignores.").then(|| "why".into());
    LintOptions { fixes: Some(level), ignore_reason, ..LintOptions::new(Modules::default()) }
}

fn lint(text: &str, options: &LintOptions) -> FileReport {
    linter::lint(Path::new("fix.yml"), text.as_bytes(), options)
}

/// The text with all its fixes.
fn fixed(text: &str, options: &LintOptions) -> String {
    fix::edited(text, &apply::edits(&lint(text, options)))
}

fn is_fixed(before: &str, after: &str, options: &LintOptions) -> Result<(), Failed> {
    let report = lint(before, options);
    for (what, found) in [("once", fixed(before, options)), ("twice", fixed(after, options))] {
        if found != after {
            return Err(format!("fixed {what}: {:?}\n{found}", report.records).into());
        }
    }
    let kept = report.fixes().filter(|fix| fix.is_err()).count();
    let left = lint(after, options).findings().count();
    assert_eq!(left, kept, "findings that are left, and fixes that were refused");
    Ok(())
}

fn is_kept(text: &str, options: &LintOptions) -> Result<(), Failed> {
    let reason = text.lines().next().and_then(|line| line.strip_prefix("# "));
    let report = lint(text, options);
    assert!(report.fixes().next().is_some(), "there is no finding");
    for ((_, at), fix) in report.findings().zip(report.fixes()) {
        let Err(why) = fix else {
            return Err(format!("line {}: {fix:?}", at.start.line).into());
        };
        let why = why.to_string();
        let words = why.split(' ').map(|word| if word.parse::<u32>().is_ok() { "N" } else { word });
        assert_eq!(Some(&*words.collect::<Vec<_>>().join(" ")), reason, "line {}", at.start.line);
    }
    Ok(())
}
