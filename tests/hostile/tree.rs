//! Shapes of folders: many files and roots, ignore files, configurations, lists, long paths.

use ecr_lint::report::Verdict::{Clean, Flagged, Incomplete};

use crate::shape::{FORMATS, Files, LINK, Shape, TASK, fill, text, tree};

pub(crate) fn shapes() -> Vec<Shape> {
    [files(), links(), paths(), lists(), ignore_files(), excludes(), patterns(), configurations()].concat()
}

/// The most bytes that a configuration may have.
const CONFIGURATION: usize = 64_000;

fn file(path: &str, bytes: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (path.to_owned(), bytes.into())
}

/// As many files as there are hundreds of bytes.
fn numbered(size: usize, path: impl Fn(usize) -> String, text: &str) -> Files {
    (0..size / 100).map(|at| (path(at), text.into())).collect()
}

fn files() -> Vec<Shape> {
    vec![
        tree("many files with a finding each", Flagged, |n| numbered(n, |at| format!("{at}.yml"), TASK))
            .runs(FORMATS),
        tree("three findings for each task, with long texts", Flagged, |n| {
            let tasks = text(n - 1_200, "", |_| "{ecs_ecr},".into());
            let long = "\u{2039}\u{1f600}".repeat(60);
            let play = |defaults: &str| {
                format!("- {{hosts: a, module_defaults: {{ecs_ecr: {{{defaults}}}}}, tasks: *t}}\n")
            };
            let plays = ["state: *n", "state: *n, image_tag_mutability: *n", "image_tag_mutability: *m"];
            let head = format!("- vars: [&n '{long}', &m '{{{{ {long} }}}}', &t [{tasks}]]\n");
            vec![file("a.yml", head + &plays.map(play).concat())]
        })
        .runs(FORMATS)
        .or_refused(),
        tree("many files with fixes that cannot be verified", Flagged, |n| {
            let unit = "- ecs_ecr: image_tag_mutability=mutable ximage_tag_mutability=mutable\n";
            let text = format!("{}- [{}]\n", unit.repeat(25), "a,".repeat(900));
            (0..n / text.len()).map(|at| file(&format!("{at}.yml"), text.clone())).collect()
        })
        .runs(&["-f json -q", "--diff -q"]),
        tree("many small blocks that hold themselves", Incomplete, |n| {
            numbered(n, |at| format!("{at}.yml"), "- &b {block: [{ecs_ecr}, *b, *b, *b]}\n")
        }),
        tree("many chains of doubled blocks", Incomplete, |n| {
            let link = |at: u32| format!("- &b{} {{block: [*b{at}, *b{at}]}}\n", at + 1);
            let chain = format!("- &b0 {{ecs_ecr: }}\n{}", (0..250).map(link).collect::<String>());
            (0..n / chain.len()).map(|at| file(&format!("{at}.yml"), chain.clone())).collect()
        }),
        tree("many small alias bombs", Incomplete, |n| {
            let unit =
                |at: u32| format!("- &b{} {{block: [{}]}}\n", at + 1, vec![format!("*b{at}"); 9].join(","));
            let bomb = format!("- &b0 {{ecs_ecr: }}\n{}", (0..9).map(unit).collect::<String>());
            (0..n / bomb.len()).map(|at| file(&format!("{at}.yml"), bomb.clone())).collect()
        }),
        tree("many files with an error each", Incomplete, |n| {
            numbered(n, |at| format!("{at}.yml"), "- ecs_ecr: \"'\"\n- [")
        })
        .runs(FORMATS),
        tree("many files with a warning each", Clean, |n| {
            numbered(n, |at| format!("{at}.yml"), "- a.b.ecs_ecr: {}\n")
        })
        .runs(FORMATS),
        tree("many clean files", Clean, |n| numbered(n, |at| format!("{at}.yml"), "- debug: x\n")).runs(&[
            "",
            "-v",
            "--list-files",
            "-f junit",
        ]),
        tree("many files that are not YAML", Clean, |n| numbered(n, |at| format!("{at}.txt"), TASK)).runs(&[
            "",
            "-v",
            "--list-files",
        ]),
        tree("many folders with a file each", Flagged, |n| numbered(n, |at| format!("{at}/a.yml"), TASK))
            .runs(&["-q", "-f junit -q"]),
        tree("many files far below", Flagged, |n| {
            numbered(n, |at| format!("{}{at}/a.yml", "d/".repeat(200)), TASK)
        })
        .runs(&["-q", "-f junit -q"]),
        tree("many files, fixed in place", Clean, |n| numbered(n, |at| format!("{at}.yml"), TASK))
            .runs(&["--fix", "--add-ignores x"]),
        tree("many folders that are skipped by name", Clean, |n| {
            numbered(n, |at| format!("{at}/node_modules/a.yml"), TASK)
        })
        .runs(&["", "-v"]),
    ]
}

/// A file of findings, and as many links to it or to its directory as there are hundreds of bytes.
fn linked(size: usize, file: &str, target: &str, link: impl Fn(usize) -> String) -> Files {
    let links = (0..size / 200).map(|at| (format!("{}{LINK}{target}", link(at)), Vec::new()));
    [(file.to_owned(), fill(size / 2, "", TASK, ""))].into_iter().chain(links).collect()
}

fn links() -> Vec<Shape> {
    vec![
        tree("many links to a file", Flagged, |n| linked(n, "z.yml", "z.yml", |at| format!("{at}.yml")))
            .runs(FORMATS),
        tree("many links to a file that is not YAML", Flagged, |n| {
            linked(n, "z", "z", |at| format!("{at}.yml"))
        })
        .runs(&["-q", "--fix"]),
        tree("many links to a file outside", Flagged, |n| {
            let mut files = linked(n, "z/a.yml", "../z/a.yml", |at| format!("in/{at}.yml"));
            files.push(file("roots", "in\n"));
            files
        })
        .runs(&["-q --follow @roots", "-v --follow @roots"]),
        tree("many links to a folder of tasks", Flagged, |n| {
            linked(n, "z/main", "../z", |at| format!("{at}/tasks"))
        })
        .runs(&["-q", "-v"]),
        tree("a list of many links to a file", Flagged, |n| {
            let mut files = linked(n, "z.yml", "z.yml", |at| format!("{at}.yml"));
            let names = files.iter().map(|(path, _)| path.split(LINK).next().unwrap_or(path));
            let list = names.collect::<Vec<_>>().join("\n");
            files.push(file("list", list));
            files
        })
        .runs(&["-q --files-from list", "-f junit -q --files-from list"]),
        tree("many links far below", Flagged, |n| {
            let deepest = "d/".repeat(240);
            linked(n, &format!("{deepest}z.yml"), "z.yml", |at| format!("{deepest}{at}.yml"))
        })
        .runs(&["-q", "--diff -q"]),
        tree("many links to a costly ignore file", Flagged, |n| {
            let costly = text(12_000, "", |at| format!("**/a*b?[a-z]{at}/**/*.*\n"));
            let folders = (0..n / 1_000).flat_map(|at| {
                [
                    (format!("{at}/.git/info/exclude{LINK}../../../costly"), Vec::new()),
                    file(&format!("{at}/a.yml"), TASK),
                ]
            });
            folders.chain([file("costly", costly)]).collect()
        })
        .runs(&["-q"]),
    ]
}

fn paths() -> Vec<Shape> {
    vec![
        tree("a long path of many findings", Flagged, |n| {
            vec![(long_path("d", 500), fill(n, "", "- ecs_ecr: {}\n", ""))]
        })
        .runs(FORMATS),
        tree("a long path of escapes with many findings", Flagged, |n| {
            vec![(long_path("\u{1}", 95), fill(n, "", "- ecs_ecr: {}\n", ""))]
        })
        .runs(FORMATS),
        tree("a long path of invisible characters with many findings", Flagged, |n| {
            vec![(long_path("\u{202e}", 180), fill(n, "", "- ecs_ecr: {}\n", ""))]
        })
        .runs(FORMATS),
        tree("a long path of percent signs and quotes with many findings", Flagged, |n| {
            vec![(long_path("%\"&", 500), fill(n, "", "- ecs_ecr: {}\n", ""))]
        })
        .runs(FORMATS),
        tree("a long path of escapes with many warnings", Clean, |n| {
            vec![(long_path("\u{1}", 95), fill(n, "", "- a.b.ecs_ecr: {}\n", ""))]
        })
        .runs(FORMATS),
        tree("a path longer than allowed", Incomplete, |n| {
            vec![(long_path("d", 3_600), fill(n, "", "- ecs_ecr: {}\n", ""))]
        })
        .runs(FORMATS),
        tree("one folder in another, many times", Flagged, |n| {
            (0..n.div_ceil(1 << 14)).flat_map(|at| nested(&format!("{at}/"), 150, TASK)).collect()
        })
        .runs(&["-q", "-v"]),
    ]
}

/// The path of a file in folders with long names, of at most so many bytes but for the name of the file.
fn long_path(unit: &str, length: usize) -> String {
    let name = unit.repeat(length.min(240) / unit.len());
    format!("{}a.yml", format!("{name}/").repeat((length / 241).max(1)))
}

/// A file in each of many folders, one inside the other.
fn nested(root: &str, depth: usize, text: &str) -> Files {
    (0..depth).map(|at| (format!("{root}{}a.yml", "d/".repeat(at)), text.into())).collect()
}

fn lists() -> Vec<Shape> {
    const LIST: &[&str] =
        &["-q --files-from list", "-f junit -q --files-from list", "--list-files --files-from list"];
    vec![
        tree("a list of one file over and over", Flagged, |n| {
            vec![file("list", fill(n, "", "a.yml\n", "")), file("a.yml", TASK)]
        })
        .runs(&["-q --files-from list", "-f junit -q --files-from list"]),
        tree("a list of one file under many names", Flagged, |n| {
            let list = text(n, "", |at| format!("{}a.yml\n", "./".repeat(at % 200)));
            vec![file("list", list), file("a.yml", TASK)]
        })
        .runs(&["-q --files-from list", "-f junit -q --files-from list"]),
        tree("a list of files that are gone", Clean, |n| {
            vec![file("list", text(n, "", |at| format!("{at}.yml\n")))]
        })
        .runs(LIST),
        tree("a list of the shortest names", Clean, |n| vec![file("list", fill(n, "", "a\n", ""))])
            .runs(LIST)
            .or_refused(),
        tree("a list of the shortest names, with NULs", Clean, |n| {
            vec![file("list", fill(n, "", "a\0", ""))]
        })
        .runs(LIST)
        .or_refused(),
        tree("a list of names that are too long", Incomplete, |n| {
            vec![file("list", text(n, "", |at| format!("{}{at}.yml\n", "a".repeat(300))))]
        })
        .runs(LIST),
        tree("a list of empty lines", Clean, |n| vec![file("list", fill(n, "", "\n", ""))]).runs(LIST),
        tree("a list of one long name", Clean, |n| vec![file("list", fill(n, "", "a", ""))])
            .runs(LIST)
            .or_refused(),
        tree("a list of long names", Clean, |n| {
            vec![file("list", fill(n, "", &format!("{}\n", "a/".repeat(2_000)), ""))]
        })
        .runs(LIST),
        tree("many paths that do not exist, beside others", Incomplete, |n| {
            let mut files = numbered(n, |at| format!("{at}.yml"), "");
            let roots: String = (0..files.len()).map(|at| format!("x{at}.yml\n")).collect();
            files.push(file("roots", roots));
            files
        })
        .runs(&["-q @roots"]),
        tree("a list of many folders", Flagged, |n| {
            let mut files = numbered(n, |at| format!("{at}/a.yml"), TASK);
            let list: String = (0..files.len()).map(|at| format!("{at}\n")).collect();
            files.push(file("list", list));
            files
        })
        .runs(&["-q --files-from list"]),
        tree("roots inside of roots", Flagged, |n| {
            let mut files = nested("", (n / 2_000).min(120), TASK);
            let roots: String = (0..files.len()).map(|at| format!("d{}\n", "/d".repeat(at))).collect();
            files.push(file("roots", roots.lines().rev().skip(1).collect::<Vec<_>>().join("\n")));
            files
        })
        .runs(&["-q @roots", "-v @roots"]),
        tree("one root over and over", Flagged, |n| {
            let mut files = numbered(100_000, |at| format!("a/{at}.yml"), TASK);
            files.push(file("roots", "a\n".repeat(n / 4_000)));
            files
        })
        .runs(&["-q @roots"]),
        tree("many files as roots", Flagged, |n| {
            let mut files = numbered(n, |at| format!("{at}.yml"), TASK);
            let roots: String = files.iter().map(|(path, _)| format!("{path}\n")).collect();
            files.push(file("roots", roots));
            files
        })
        .runs(&["-q @roots", "-f junit -q @roots"]),
    ]
}

/// A repository with a file of findings and these others.
fn repository(others: Files) -> Files {
    [vec![file(".git/HEAD", "x"), file("a.yml", TASK)], others].concat()
}

fn ignore_files() -> Vec<Shape> {
    const RUNS: &[&str] = &["-q", "-v"];
    let shapes = vec![
        tree("one ignore file of many patterns", Flagged, |n| {
            repository(vec![file(".gitignore", text(n, "", |at| format!("x{at}\n")))])
        }),
        tree("one ignore file of a long pattern", Flagged, |n| {
            repository(vec![file(".gitignore", fill(n, "", "x", "\n"))])
        }),
        tree("one ignore file of long comments", Flagged, |n| {
            repository(vec![file(".gitignore", fill(n - 10, "#", "x", "\n"))])
        }),
        tree("one ignore file of empty lines", Flagged, |n| {
            repository(vec![file(".gitignore", fill(n - 10, "", "\n", ""))])
        }),
        tree("one ignore file of spaces", Flagged, |n| {
            repository(vec![file(".gitignore", fill(n - 10, "", " ", ""))])
        })
        .or_refused(),
        tree("ignore files of a thousand patterns in many folders", Flagged, |n| {
            let patterns = text(12_000, "", |at| format!("x{at}\n"));
            let folders = (0..n / 16_000).flat_map(|at| {
                [file(&format!("{at}/.gitignore"), patterns.clone()), file(&format!("{at}/a.yml"), TASK)]
            });
            repository(folders.collect())
        })
        .or_refused(),
        tree("ignore files of costly patterns in many folders", Flagged, |n| {
            let patterns = text(12_000, "", |at| format!("**/a*b?[a-z]{at}/**/*.*\n"));
            let folders = (0..n / 16_000).flat_map(|at| {
                [file(&format!("{at}/.gitignore"), patterns.clone()), file(&format!("{at}/a.yml"), TASK)]
            });
            repository(folders.collect())
        })
        .or_refused(),
        tree("small ignore files in nested folders", Flagged, |n| {
            let depth = (n / 8_000).min(120);
            let ignore = |at| file(&format!("{}.gitignore", "d/".repeat(at)), format!("x{at}\n"));
            repository((0..depth).map(ignore).chain(nested("", depth, TASK)).collect())
        }),
        tree("small ignore files above many files in the deepest folder", Flagged, |n| {
            let depth = 300;
            let ignore = |at| file(&format!("{}.gitignore", "d/".repeat(at)), "x\n");
            let deepest = "d/".repeat(depth);
            let files = numbered(n / 2, |at| format!("{deepest}{at}.yml"), "");
            repository((0..depth).map(ignore).chain(files).chain(nested("", 1, TASK)).collect())
        })
        .or_refused(),
        tree("one pattern of many stars, many files", Flagged, |n| {
            let files = numbered(n, |at| format!("{}{at}.yml", "a".repeat(100)), "- debug: x\n");
            let pattern = format!("{}b\n", "*a".repeat(60));
            repository([files, vec![file(".gitignore", pattern)]].concat())
        }),
        tree("patterns of some wildcards each, many names", Flagged, |n| {
            let files = numbered(n, |at| format!("{}.yml", at * 7_919 % 1_000_003), "- debug: x\n");
            let patterns = text(15_000, "", |at| format!("*{at}*?x\n"));
            repository([files, vec![file(".gitignore", patterns)]].concat())
        }),
        tree("an ignored name for each of many files, by a long pattern", Flagged, |n| {
            let files = numbered(n, |at| format!("{at}.yml"), TASK);
            let pattern = format!("[{}0-9]*.yml\n", "\u{1}".repeat(14_000));
            repository([files, vec![file(".gitignore", pattern + "!a.yml\n")]].concat())
        }),
        tree("patterns that ignore each of many files", Flagged, |n| {
            let files = numbered(n, |at| format!("x{at}.yml"), TASK);
            let patterns = text(12_000, "", |at| format!("y{at}.*\n"));
            repository([files, vec![file(".gitignore", patterns + "x*\n")]].concat())
        }),
        tree("an ignore file in each repository of many", Incomplete, |n| {
            let folders = (0..n / 1_000).flat_map(|at| {
                [
                    file(&format!("{at}/.git/HEAD"), "x"),
                    file(&format!("{at}/.gitignore"), "*.yml\n"),
                    file(&format!("{at}/a.yml"), TASK),
                ]
            });
            folders.collect()
        }),
    ];
    shapes.into_iter().map(|shape| shape.runs(RUNS)).collect()
}

fn excludes() -> Vec<Shape> {
    vec![
        tree("excluded patterns of some wildcards each, many names", Flagged, |n| {
            let files = numbered(n, |at| format!("{}.yml", at * 7_919 % 1_000_003), TASK);
            let patterns = "exclude:\n".to_owned() + &numbers(1_000, "- '*", "*?x'\n");
            [files, vec![file(".ecr-lint.yaml", patterns)]].concat()
        })
        .runs(&["-q"])
        .or_refused(),
        tree("many patterns to exclude, on the command line", Flagged, |n| {
            let patterns = text(n / 8, "", |at| format!("--exclude\nx{at}\n"));
            vec![file("a.yml", TASK), file("excludes", patterns)]
        })
        .runs(&["-q @excludes"])
        .or_refused(),
        tree("a thousand patterns to exclude, many files", Flagged, |n| {
            let patterns = text(0, "exclude:\n", |_| String::new()) + &numbers(1_000, "- x", "*/**/y\n");
            let files = numbered(n, |at| format!("{at}.yml"), TASK);
            [files, vec![file(".ecr-lint.yaml", patterns)]].concat()
        })
        .runs(&["-q"]),
    ]
}

/// Numbers between two texts, again and again.
fn numbers(count: usize, before: &str, after: &str) -> String {
    (0..count).map(|at| format!("{before}{at}{after}")).collect()
}

/// Configurations of patterns, of which each costs something.
fn patterns() -> Vec<Shape> {
    let shapes = vec![
        tree("a configuration of a thousand costly patterns", Flagged, |n| {
            let text = format!("exclude:\n{}", numbers(1_000, "- 'a[0-9]*/**/{b,c}?*[!x-z]", "'\n"));
            vec![file(".ecr-lint.yaml", text), file("a.yml", fill(n, "", TASK, ""))]
        })
        .or_refused(),
        tree("a configuration of a thousand wide classes", Flagged, |n| {
            let text =
                format!("exclude:\n{}", numbers(1_000, "- '[\u{a1}-\u{fffd}]*[\u{a1}-\u{fffd}]", "'\n"));
            vec![file(".ecr-lint.yaml", text), file("a.yml", fill(n, "", TASK, ""))]
        })
        .or_refused(),
        tree("a configuration of long patterns", Flagged, |n| {
            let pattern = format!("- '{}'\n", "[a-z]?*".repeat(140));
            vec![
                file(".ecr-lint.yaml", format!("exclude:\n{}", pattern.repeat(60))),
                file("a.yml", fill(n, "", TASK, "")),
            ]
        })
        .or_refused(),
    ];
    shapes.into_iter().map(|shape| shape.runs(&["-q", "-f junit -q"])).collect()
}

/// Configurations as large as allowed, and larger ones, which are refused.
fn configurations() -> Vec<Shape> {
    let shapes = vec![
        tree("a configuration of %TAG lines", Incomplete, |n| {
            let text = text(n.min(CONFIGURATION), "", |at| format!("%TAG !a{at}! tag:x\n"));
            vec![file(".ecr-lint.yaml", text)]
        }),
        tree("a configuration of %TAG lines that are used", Incomplete, |n| {
            let size = n.min(CONFIGURATION) / 2;
            let tags = text(size, "", |at| format!("%TAG !a{at}! tag:x\n"));
            vec![file(".ecr-lint.yaml", fill(2 * size, &format!("{tags}---\nexclude:\n"), "- !a0!x y\n", ""))]
        })
        .or_refused(),
        tree("a configuration of spaces and words", Incomplete, |n| {
            let size = n.min(CONFIGURATION) / 2;
            let text = format!("exclude: [a{}{}]\n", " ".repeat(size), "b ".repeat(size / 2));
            vec![file(".ecr-lint.yaml", text)]
        }),
        tree("a configuration of line breaks and words", Incomplete, |n| {
            let size = n.min(CONFIGURATION) / 2;
            let text = format!("exclude: ['a{}{}']\n", "\n".repeat(size), "b ".repeat(size / 2));
            vec![file(".ecr-lint.yaml", text)]
        }),
        tree("a configuration of open brackets", Incomplete, |n| {
            vec![file(".ecr-lint.yaml", fill(n.min(9_990), "exclude: ", "[", ""))]
        }),
        tree("a configuration of open braces", Incomplete, |n| {
            vec![file(".ecr-lint.yaml", fill(n.min(19_000), "exclude: ", "{a", ""))]
        }),
        tree("a configuration of dashes", Incomplete, |n| {
            vec![file(".ecr-lint.yaml", fill(n.min(CONFIGURATION), "exclude:\n", "- ", "\n"))]
        }),
        tree("a configuration of indented mappings", Incomplete, |n| {
            let depth = (2 * n.min(CONFIGURATION)).isqrt();
            let lines: String = (1..depth).map(|depth| format!("{:depth$}a:\n", "")).collect();
            vec![file(".ecr-lint.yaml", format!("exclude:\n{lines}"))]
        }),
        tree("a configuration of aliases", Incomplete, |n| {
            let unit = |at: usize| format!("- &a{} [*a{at}, *a{at}, *a{at}, *a{at}]\n", at + 1);
            vec![file(".ecr-lint.yaml", text(n.min(CONFIGURATION), "exclude:\n- &a0 x\n", unit))]
        }),
        tree("a configuration of one pattern under many aliases", Incomplete, |n| {
            let head = format!("exclude:\n- &a {}\n", "a".repeat(900));
            vec![file(".ecr-lint.yaml", fill(n.min(CONFIGURATION), &head, "- *a\n", ""))]
        }),
        tree("a configuration of a hundred modules, tasks with many keys", Flagged, |n| {
            let modules = numbers(90, "- a.b.c", "\n");
            let keys = numbers(200, "k", ": v, ");
            let text = fill(n, "", &format!("- {{{keys}ecs_ecr: {{}}}}\n"), "");
            vec![file(".ecr-lint.yaml", format!("modules:\n{modules}")), file("a.yml", text)]
        })
        .or_refused(),
        tree("a configuration of a hundred modules, many tasks", Flagged, |n| {
            let modules = numbers(90, "- a.b.c", "\n");
            vec![file(".ecr-lint.yaml", format!("modules:\n{modules}")), file("a.yml", fill(n, "", TASK, ""))]
        })
        .or_refused(),
        tree("a configuration of a hundred modules, tasks with each of them", Flagged, |n| {
            let modules = numbers(90, "- a.b.c", "\n");
            let text = text(n, "", |at| format!("- a.b.c{}: {{}}\n", at % 90));
            vec![file(".ecr-lint.yaml", format!("modules:\n{modules}")), file("a.yml", text)]
        })
        .or_refused(),
        tree("a configuration of a hundred long modules, a text of their beginnings", Flagged, |n| {
            let name = "a".repeat(150);
            let modules = numbers(90, &format!("- {name}.b.c"), "\n");
            let text = fill(n, &format!("{TASK}- "), "a", "\n");
            vec![file(".ecr-lint.yaml", format!("modules:\n{modules}")), file("a.yml", text)]
        }),
        tree("a configuration that is too large", Incomplete, |n| {
            vec![file(".ecr-lint.yaml", fill(n, "exclude:\n", "- a\n", ""))]
        }),
        tree("a configuration of unknown keys", Incomplete, |n| {
            vec![file(".ecr-lint.yaml", text(n.min(CONFIGURATION), "", |at| format!("k{at}: v\n")))]
        }),
        tree("a configuration with a long unknown word", Incomplete, |n| {
            vec![file(".ecr-lint.yaml", fill(n.min(CONFIGURATION), "fail-on: [", "missink", "]\n"))]
        }),
        tree("a configuration with a reason required of many comments", Flagged, |n| {
            let text = fill(n, "", "- ecs_ecr: {} # ecr-lint: ignore\n", "");
            vec![file(".ecr-lint.yaml", "require-reason: true\n"), file("a.yml", text)]
        }),
    ];
    shapes.into_iter().map(|shape| shape.runs(&["-q", "-f junit -q"])).collect()
}
