//! Shared lists.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use super::{Element, Value, drop_all};

/// A slice of Go. Clones share the items.
#[derive(Debug, Clone)]
pub struct List {
    element: Element,
    items: Rc<Items>,
}

#[derive(Debug)]
struct Items(RefCell<Vec<Value>>);

impl Drop for Items {
    fn drop(&mut self) {
        drop_all(std::mem::take(self.0.get_mut()));
    }
}

impl List {
    /// A list with items of one type.
    pub fn new(element: Element, items: Vec<Value>) -> Self {
        Self { element, items: Rc::new(Items(RefCell::new(items))) }
    }

    /// Type of the items.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.0.borrow().len()
    }

    /// Reports whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.items.0.borrow().get(index).cloned()
    }

    /// The items. The list can't be changed while they are borrowed.
    pub fn items(&self) -> Ref<'_, Vec<Value>> {
        self.items.0.borrow()
    }

    /// Changes the items in place, for everything that shares them. The length must stay as it is.
    pub fn update(&self, change: impl FnOnce(&mut [Value])) {
        change(&mut self.items.0.borrow_mut());
    }

    /// Reports whether two lists share their items.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.items, &other.items)
    }

    pub(super) fn take_into(self, out: &mut Vec<Value>) {
        if let Some(mut items) = Rc::into_inner(self.items) {
            out.append(items.0.get_mut());
        }
    }
}
