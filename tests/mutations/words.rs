//! The words of a TOML text that name something: keys, and the parts of its texts.

use std::ops::Range;

/// One word, and what it is part of.
#[derive(Clone, Debug)]
pub struct Word {
    pub text: String,
    pub span: Range<usize>,
    /// The word is (part of) a key; else of a text, which stands under `key`.
    pub is_key: bool,
    /// The last key before a text; of a key, the key before it on its line or header.
    pub key: String,
    /// The first key of the word's statement, where the word is not that itself.
    pub statement: String,
    /// The key's value is a table: `mirrored = { .. }`.
    pub opens: bool,
    /// The header that the word stands under, `study.variants.uv-gan`.
    pub header: String,
}

/// Every word of a text, comments left out; a text that is a path, wire or span has several.
pub fn words(toml: &str) -> Vec<Word> {
    let mut found: Vec<Word> = vec![];
    let (mut header, mut key, mut statement) = (String::new(), String::new(), String::new());
    let mut at = 0;
    for line in toml.split_inclusive('\n') {
        let is_header = line.starts_with('[');
        if is_header {
            header = line.trim_start_matches('[').split(']').next().unwrap_or_default().to_string();
        }
        if is_header || line.starts_with(|c: char| c.is_ascii_lowercase()) {
            key.clear();
            statement.clear();
        }
        for (range, quoted) in pieces(line) {
            let written = &line[range.clone()];
            let after = line[range.end + usize::from(quoted)..].trim_start();
            let opens = after.strip_prefix('=').is_some_and(|value| value.trim_start().starts_with('{'));
            let is_key = after.starts_with('=') || is_header || (!quoted && after.starts_with('.'));
            if !quoted && (!written.starts_with(|c: char| c.is_ascii_lowercase()) || (!is_key && is_boolean(written))) {
                continue;
            }
            let parts = if is_key { std::iter::once(0..written.len()).collect() } else { parts(written) };
            for part in parts {
                let span = at + range.start + part.start..at + range.start + part.end;
                let text = written[part].to_string();
                found.push(Word {
                    text,
                    span,
                    is_key,
                    key: key.clone(),
                    statement: statement.clone(),
                    opens,
                    header: header.clone(),
                });
            }
            if is_key {
                key = written.to_string();
                if statement.is_empty() {
                    statement.clone_from(&key);
                }
            }
        }
        at += line.len();
    }
    found
}

fn is_boolean(word: &str) -> bool {
    matches!(word, "true" | "false")
}

/// Bare words and the insides of quoted texts of one line, up to its comment.
fn pieces(line: &str) -> Vec<(Range<usize>, bool)> {
    let mut found = vec![];
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'#' => break,
            b'"' => {
                at = start + 1 + line[start + 1..].find('"').unwrap_or(0);
                found.push((start + 1..at, true));
                at += 1;
            }
            c if c.is_ascii_alphanumeric() => {
                while bytes.get(at).is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'-') {
                    at += 1;
                }
                found.push((start..at, false));
            }
            _ => at += 1,
        }
    }
    found
}

/// `generator.completed` has two, `block/conv` too, `$size` and `300 steps` one.
fn parts(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = vec![];
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut open: Option<usize> = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (open, word(c)) {
            (None, true) => open = Some(i),
            (Some(start), false) => {
                found.push(start..i);
                open = None;
            }
            _ => {}
        }
    }
    found.retain(|r| text[r.clone()].starts_with(|c: char| c.is_ascii_alphabetic()));
    found
}

/// The text with the word's last letter doubled, and the word as it is then.
pub fn misspell(toml: &str, word: &Word) -> (String, String) {
    let last = word.text.chars().last().unwrap_or('x');
    let mut text = toml.to_string();
    text.insert(word.span.end, last);
    (text, format!("{}{last}", word.text))
}
