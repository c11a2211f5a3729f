//! Each file in `tests/suppress` is a test of its own: `#~ open` marks a line with an open finding, `#~ suppressed` one
//! with a suppressed finding, `#~ unused` one with a comment that a warning names, and each `^` moves the mark one line
//! up. In a file whose name starts with `require_reason` comments need a reason. `SNAPSHOTS=overwrite` marks what is
//! found.

mod common;

use std::path::Path;
use std::process::ExitCode;

use common::Marks;
use ecr_lint::linter::{self, LintOptions};
use ecr_lint::modules::Modules;
use ecr_lint::report::{FileReport, Status};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let files = common::case_files("suppress");
    assert!(files.len() > 20, "tests/suppress has only {} files", files.len());
    let trial = |(name, bytes): (String, Vec<u8>)| {
        let text = String::from_utf8(bytes).expect("UTF-8");
        let require_reason = name.starts_with("require_reason");
        Trial::test(name.clone(), move || suppresses_what_is_marked(&name, &text, require_reason))
    };
    let trials = files.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn suppresses_what_is_marked(name: &str, text: &str, require_reason: bool) -> Result<(), Failed> {
    let options = LintOptions { require_reason, ..LintOptions::new(Modules::default()) };
    let lint = |text: &str| linter::lint(Path::new("case.yml"), text.as_bytes(), &options);
    let report = lint(text);
    assert_eq!(report.texts(Status::Problem).next(), None);
    let found = found(&report);
    let marks = |text: &str| common::marks(text.as_bytes(), &["open", "suppressed", "unused"]);
    let differences = common::differences(&marks(text), &found);
    if !differences.is_empty() {
        let marked = common::marked(text, &marks(text), &found);
        // marks are comments, and a comment may change what is found
        if common::overwrites() && marks(&marked) == self::found(&lint(&marked)) {
            common::write_case("suppress", name, &marked);
            return suppresses_what_is_marked(name, &marked, require_reason);
        }
        return Err(differences.into());
    }
    for end in ["\r\n", "\r"] {
        let other = text.replace("\r\n", "\n").replace('\n', end);
        assert_eq!(self::found(&lint(&other)), found, "with the line end {end:?}");
    }
    all_findings_are_open_without_suppression(text, &report);
    Ok(())
}

fn all_findings_are_open_without_suppression(text: &str, report: &FileReport) {
    let options = LintOptions { suppress: false, ..LintOptions::new(Modules::default()) };
    let all = linter::lint(Path::new("case.yml"), text.as_bytes(), &options);
    assert!(all.having(Status::Suppressed).next().is_none() && all.texts(Status::Warning).next().is_none());
    let mut starts: Vec<_> = report.findings().map(|(_, at)| at.start).collect();
    starts.extend(report.having(Status::Suppressed).filter_map(|record| Some(record.location?.start)));
    starts.sort_unstable();
    let all: Vec<_> = all.findings().map(|(_, at)| at.start).collect();
    assert_eq!(starts, all);
}

fn found(report: &FileReport) -> Marks {
    let open = report.findings().map(|(_, at)| (at.start.line, "open".to_owned()));
    let suppressed = report
        .having(Status::Suppressed)
        .filter_map(|record| Some((record.location?.start.line, "suppressed".to_owned())));
    let unused = report.texts(Status::Warning).map(|(message, at)| {
        assert!(message.contains("suppresses nothing"), "{message}");
        (at.expect("a location").start.line, "unused".to_owned())
    });
    open.chain(suppressed).chain(unused).collect()
}
