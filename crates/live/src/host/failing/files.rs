//! The files of a folder, by name and by number, with what is cached of each.

use super::cache::Cache;
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// The number of the folder itself.
pub(super) const ROOT: u64 = 1;

/// A file. Its number is never another's.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// `None`: it was deleted, and somebody has it open.
    pub(super) name: Option<String>,
    /// `None`: nobody has read or written it yet.
    cache: Option<Cache>,
    /// Closed while the file system below is taken away.
    disk: Option<File>,
    opened: u32,
}

/// The files of a folder.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    names: BTreeMap<String, u64>,
    nodes: BTreeMap<u64, Node>,
    last: u64,
}

impl Files {
    /// Those of a folder.
    pub(super) fn of(root: PathBuf) -> Files {
        Files { root, names: BTreeMap::new(), nodes: BTreeMap::new(), last: ROOT }
    }

    /// The names of all files.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The number of the file of this name.
    pub(super) fn number(&mut self, name: &str) -> io::Result<u64> {
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        if !fs::symlink_metadata(self.root.join(name))?.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(self.give_number(name))
    }

    /// Makes a file.
    pub(super) fn create(&mut self, name: &str, mode: u32) -> io::Result<u64> {
        let mut options = OpenOptions::new();
        let disk = options.create_new(true).read(true).write(true).mode(mode).open(self.root.join(name))?;
        let number = self.give_number(name);
        if let Some(node) = self.nodes.get_mut(&number) {
            (node.disk, node.cache) = (Some(disk), Some(Cache::default()));
        }
        Ok(number)
    }

    fn give_number(&mut self, name: &str) -> u64 {
        self.last += 1;
        self.names.insert(name.to_owned(), self.last);
        self.nodes.insert(self.last, Node { name: Some(name.to_owned()), ..Node::default() });
        self.last
    }

    /// The name of a file.
    pub(super) fn name(&self, number: u64) -> Option<&str> {
        self.nodes.get(&number)?.name.as_deref()
    }

    /// What is cached of a file, and the file itself.
    pub(super) fn open(&mut self, number: u64) -> io::Result<(&mut Cache, &File)> {
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        let node = self.nodes.get_mut(&number).ok_or_else(gone)?;
        if node.disk.is_none() {
            let path = self.root.join(node.name.as_deref().ok_or_else(gone)?);
            // One that can only be read is still read.
            let file = OpenOptions::new().read(true).write(true).open(&path).or_else(|_| File::open(&path))?;
            if node.cache.is_none() {
                node.cache = Some(Cache::of(fs::read(&path)?));
            }
            node.disk = Some(file);
        }
        match (&mut node.cache, &node.disk) {
            (Some(cache), Some(disk)) => Ok((cache, disk)),
            _ => Err(gone()),
        }
    }

    /// The folder's, or a file's length and attributes.
    pub(super) fn about(&self, number: u64) -> io::Result<(u64, Metadata)> {
        if number == ROOT {
            return fs::metadata(&self.root).map(|about| (0, about));
        }
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        let node = self.nodes.get(&number).ok_or_else(gone)?;
        let about = match (&node.disk, &node.name) {
            (Some(disk), _) => disk.metadata()?,
            (None, Some(name)) => fs::metadata(self.root.join(name))?,
            (None, None) => return Err(gone()),
        };
        Ok((node.cache.as_ref().map_or(about.len(), |cache| cache.len() as u64), about))
    }

    /// Somebody opened a file.
    pub(super) fn opened(&mut self, number: u64) {
        if let Some(node) = self.nodes.get_mut(&number) {
            node.opened += 1;
        }
    }

    /// Somebody closed it.
    pub(super) fn closed(&mut self, number: u64) {
        let Some(node) = self.nodes.get_mut(&number) else { return };
        node.opened = node.opened.saturating_sub(1);
        if node.opened == 0 && node.name.is_none() {
            self.nodes.remove(&number);
        }
    }

    /// Renames a file, in place of another of the new name.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let number = self.number(from)?;
        fs::rename(self.root.join(from), self.root.join(to))?;
        self.names.remove(from);
        self.unname(to);
        self.names.insert(to.to_owned(), number);
        if let Some(node) = self.nodes.get_mut(&number) {
            node.name = Some(to.to_owned());
        }
        Ok(())
    }

    /// Deletes a file.
    pub(super) fn delete(&mut self, name: &str) -> io::Result<()> {
        fs::remove_file(self.root.join(name))?;
        self.unname(name);
        Ok(())
    }

    fn unname(&mut self, name: &str) {
        let Some(number) = self.names.remove(name) else { return };
        if let Some(node) = self.nodes.get_mut(&number) {
            node.name = None;
            if node.opened == 0 {
                self.nodes.remove(&number);
            }
        }
    }

    /// Makes the names durable.
    pub(super) fn sync_names(&self) -> io::Result<()> {
        File::open(&self.root)?.sync_all()
    }

    /// Another file of the same class, by its name.
    pub(super) fn sibling(&self, number: u64) -> io::Result<Option<String>> {
        let Some(name) = self.name(number) else { return Ok(None) };
        let class = firedrill_model::FileClass::of(name);
        let is_sibling = |other: &String| other != name && firedrill_model::FileClass::of(other) == class;
        Ok(self.names()?.into_iter().find(is_sibling))
    }

    /// What is cached of the file of this name, if anything is.
    pub(super) fn cached(&mut self, name: &str) -> Option<&mut Cache> {
        let number = self.names.get(name)?;
        self.nodes.get_mut(number)?.cache.as_mut()
    }

    /// Closes all files of the file system below. What is cached of them stays.
    pub(super) fn let_go(&mut self) {
        self.nodes.values_mut().for_each(|node| node.disk = None);
    }

    /// Forgets all that is cached. Those who still have a file open have nothing more of it. Returns name and what was cached of each, in the order of their numbers.
    pub(super) fn forget(&mut self) -> Vec<(String, Cache)> {
        self.names.clear();
        let nodes = std::mem::take(&mut self.nodes).into_values();
        nodes.filter_map(|node| Some((node.name?, node.cache?))).collect()
    }

    /// Where a file is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}
