//! Lists of datasets: a line a photo or a pair, its words parted by blanks or commas.

use std::path::{Path, PathBuf};

use crate::components::sample::DataError;

/// A list that was read.
pub struct List {
    path: PathBuf,
    text: String,
}

/// A line that is not empty.
pub struct Line<'a> {
    list: &'a List,
    /// From 1.
    number: usize,
    pub words: Vec<&'a str>,
}

impl List {
    pub fn read(path: &Path) -> Result<List, DataError> {
        let bytes = std::fs::read(path).map_err(|e| DataError::file(path, e))?;
        let text = String::from_utf8(bytes).map_err(|e| DataError::file(path, e))?;
        Ok(List { path: path.into(), text })
    }

    /// Its lines, but for the empty ones.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let line = |(i, text)| Line { list: self, number: i + 1, words: words(text) };
        self.text.lines().enumerate().map(line).filter(|line| !line.words.is_empty())
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// That it is wrong as a whole.
    pub fn wrong(&self, why: impl std::fmt::Display) -> DataError {
        DataError::file(&self.path, why)
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split([' ', '\t', ',', '\r']).filter(|word| !word.is_empty()).collect()
}

impl<'a> Line<'a> {
    /// That it is not what was expected.
    pub fn wrong(&self, expected: &str) -> DataError {
        let mut found: String = self.words.join(" ").chars().take(60).collect();
        if found.len() < self.words.iter().map(|word| word.len() + 1).sum::<usize>().saturating_sub(1) {
            found.push_str("..");
        }
        self.list.wrong(format!("line {}: found `{found}`, expected {expected}", self.number))
    }

    /// Words and as many as expected.
    pub fn exactly<const N: usize>(&self, expected: &str) -> Result<[&'a str; N], DataError> {
        self.words.clone().try_into().map_err(|_| self.wrong(expected))
    }

    /// Words as finite numbers.
    pub fn numbers(&self, words: &[&str], expected: &str) -> Result<Vec<f32>, DataError> {
        let number = |word: &&str| word.parse::<f32>().ok().filter(|value| value.is_finite());
        words.iter().map(number).collect::<Option<_>>().ok_or_else(|| self.wrong(expected))
    }

    /// A word as a whole number within limits.
    pub fn number(
        &self,
        word: &str,
        within: std::ops::RangeInclusive<usize>,
        expected: &str,
    ) -> Result<usize, DataError> {
        word.parse().ok().filter(|value| within.contains(value)).ok_or_else(|| self.wrong(expected))
    }

    /// A word as a path below the root: neither absolute nor upwards.
    pub fn path(&self, word: &str) -> Result<PathBuf, DataError> {
        let path = Path::new(word);
        let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if inside && !word.is_empty() { Ok(path.into()) } else { Err(self.wrong("a path within the dataset")) }
    }
}
