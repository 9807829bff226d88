//! What is wrong with files, overrides and settings: the whole text that a user reads.

mod folder;

use ablate::config::{Overrides, load};
use ablate::diagnostic::render_all;
use folder::Folder;

/// All errors of `mine.toml`, with paths relative to the folder.
fn errors(files: &[(&str, &str)], set: &[&str]) -> String {
    let folder = Folder::new(files);
    let overrides = Overrides::default().with(set.iter().map(|text| ("--set", *text)));
    let problems = match load(&folder.path("mine.toml"), &overrides) {
        Err(problems) => problems,
        Ok(study) => study.problems,
    };
    folder.plain(&render_all(&problems))
}

#[test]
fn the_first_syntax_error_of_each_file() {
    let files = [
        ("mine.toml", "extends = [\"a.toml\", \"b.toml\"]"),
        ("a.toml", "title = plain\n\nq = \n"),
        ("b.toml", "batch = [1, 2\nx = 1\n"),
    ];
    let expected = r#"error: `a.toml` is not TOML: text must stand in quotes
  --> a.toml:2:9
   |
 2 | title = plain
   |         ^^^^^ write `"plain"`

error: `b.toml` is not TOML: missing comma between array elements
  --> b.toml:3:1
   |
 3 | x = 1
   | ^ expected `,`

2 errors
"#;
    assert_eq!(errors(&files, &[]), expected);
}

#[test]
fn a_key_written_twice() {
    let text = errors(&[("mine.toml", "[train]\nbatch = 1\nbatch = 2\n")], &[]);
    let expected = r#"error: `mine.toml` is not TOML: a key is written twice
  --> mine.toml:4:1
   |
 4 | batch = 2
   | ^^^^^
   |
   = help: a key is written once in a file; delete one of the two lines

1 error
"#;
    assert_eq!(text, expected);
}

#[test]
fn a_file_beneath_that_is_missing() {
    let text = errors(&[("mine.toml", "extends = [\"base/gone.toml\"]\n")], &[]);
    let expected = r#"error: cannot read `base/gone.toml`
  --> mine.toml:2:12
   |
 2 | extends = ["base/gone.toml"]
   |            ^^^^^^^^^^^^^^^^ no such file
   |
   = help: paths are relative to the file that wrote them

1 error
"#;
    assert_eq!(text, expected);
    let text = errors(&[("other.toml", "")], &[]);
    assert_eq!(text, "error: cannot read `mine.toml`\n   |\n   = note: no such file\n\n1 error\n");
}

#[test]
fn a_circle_of_files() {
    let files = [("mine.toml", "extends = [\"other.toml\"]\n"), ("other.toml", "extends = [\"mine.toml\"]\n")];
    let expected = r#"error: `mine.toml` extends itself: mine.toml -> other.toml -> mine.toml
  --> other.toml:2:12
   |
 2 | extends = ["mine.toml"]
   |            ^^^^^^^^^^^

1 error
"#;
    assert_eq!(errors(&files, &[]), expected);
}

#[test]
fn a_format_that_is_newer_missing_or_wrong() {
    let text = errors(&[("mine.toml", "format = 2\n")], &[]);
    let expected = r#"error: format 2 is newer than this program knows (1)
  --> mine.toml:1:10
   |
 1 | format = 2
   |          ^

1 error
"#;
    assert_eq!(text, expected);
    let text = errors(&[("mine.toml", "title = \"no format\"\n")], &[]);
    assert!(text.contains("error: `format` is missing\n  --> mine.toml:1:1\n"), "{text}");
    assert!(text.contains("help: write `format = 1` at the top of this file"), "{text}");
    let text = errors(&[("mine.toml", "fromat = 1 # no format\n")], &[]);
    assert!(text.contains(" 1 | fromat = 1 # no format\n   | ^^^^^^ found `fromat`\n"), "{text}");
    let text = errors(&[("mine.toml", "format = \"1\"\n")], &[]);
    assert!(text.contains("error: expected an integer, found text `\"1\"`\n"), "{text}");
    assert!(errors(&[("mine.toml", "format = 0\n")], &[]).contains("error: `format` is 0, expected at least 1\n"));
}

#[test]
fn a_file_s_own_keys_of_a_wrong_type() {
    let text = errors(&[("mine.toml", "partial = \"yes\"\nextends = \"a.toml\"\n")], &[]);
    assert!(text.contains("error: expected true or false, found text `\"yes\"`\n"), "{text}");
    assert!(text.contains("error: expected an array of files, found text `\"a.toml\"`\n"), "{text}");
    assert!(text.ends_with("2 errors\n"), "{text}");
}

#[test]
fn an_unknown_setting() {
    let files = [("mine.toml", "[settings]\nsize = 64\n[datasets.d]\nsize = \"$sise\"\n")];
    let expected = r#"error: no setting is called `sise`, did you mean `size`
  --> mine.toml:5:8
   |
 5 | size = "$sise"
   |        ^^^^^^^
   |
   = known: size

1 error
"#;
    assert_eq!(errors(&files, &[]), expected);
}

#[test]
fn an_override_that_is_none() {
    let expected = r#"error: `--set train.batch` is not `path=value`
  --> --set:1:12
   |
 1 | train.batch
   |            ^ expected `=`
   |
   = help: for example `--set nodes.generator.gate=none`

error: `--set train..batch=8` is not `path=value`
  --> --set:1:7
   |
 1 | train..batch=8
   |       ^ expected a key
   |
   = help: for example `--set nodes.generator.gate=none`

2 errors
"#;
    let text = errors(&[("mine.toml", "")], &["train..batch=8", "train.batch"]);
    let sorted = |text: &str| {
        let mut parts: Vec<String> = text.split("\n\n").map(str::to_string).collect();
        parts.sort();
        parts
    };
    assert_eq!(sorted(&text), sorted(expected));
}

#[test]
fn errors_of_all_files_come_at_once() {
    let files = [
        ("mine.toml", "extends = [\"a.toml\", \"b.toml\", \"c.toml\"]\n"),
        ("a.toml", "format = 3\n"),
        ("b.toml", "x = \n"),
        ("c.toml", "partial = 1\n"),
    ];
    assert!(errors(&files, &[]).ends_with("\n3 errors\n"));
}
