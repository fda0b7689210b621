//! Shared lists.

use std::cell::{Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::{Element, Object, Value, drop_all};

/// A slice of Go. Clones share the items.
#[derive(Debug, Clone)]
pub struct List {
    element: Element,
    nil: bool,
    items: Rc<Items>,
    /// The methods and name of a named type, such as `common.VersionSet`.
    methods: Option<Rc<dyn Object>>,
}

#[derive(Debug)]
struct Items {
    values: RefCell<Vec<Value>>,
    /// Bytes that are not values yet.
    bytes: RefCell<Option<Arc<[u8]>>>,
}

impl Items {
    /// Makes values of bytes.
    fn unpack(&self) {
        if let Some(bytes) = self.bytes.take() {
            *self.values.borrow_mut() = bytes.iter().map(|byte| Value::Uint8(*byte)).collect();
        }
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        drop_all(std::mem::take(self.values.get_mut()));
    }
}

impl List {
    /// A list with items of one type.
    pub fn new(element: Element, items: Vec<Value>) -> Self {
        let items = Items { values: RefCell::new(items), bytes: RefCell::default() };
        Self { element, nil: false, items: Rc::new(items), methods: None }
    }

    /// Go's nil slice: an empty list that is `null` in JSON.
    pub fn nil(element: Element) -> Self {
        Self { nil: true, ..Self::new(element, Vec::new()) }
    }

    /// Reports whether it is a nil slice.
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// The bytes of a file, which become values only if something looks at them.
    pub fn of_bytes(bytes: Arc<[u8]>) -> Self {
        let items = Items { values: RefCell::default(), bytes: RefCell::new(Some(bytes)) };
        Self { element: Element::Uint8, nil: false, items: Rc::new(items), methods: None }
    }

    /// The same list as a named type with methods.
    #[must_use]
    pub fn with_methods(self, methods: Rc<dyn Object>) -> Self {
        Self { methods: Some(methods), ..self }
    }

    /// What has the methods of a named type.
    pub fn methods(&self) -> Option<&Rc<dyn Object>> {
        self.methods.as_ref()
    }

    /// Name of the type in Go.
    pub fn type_name(&self) -> String {
        let methods = self.methods.as_ref();
        methods.map_or_else(|| format!("[]{}", self.element.type_name()), |methods| methods.type_name())
    }

    /// Type of the items.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        let bytes = self.items.bytes.borrow();
        bytes.as_ref().map_or_else(|| self.items.values.borrow().len(), |bytes| bytes.len())
    }

    /// Reports whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index.
    pub fn get(&self, index: usize) -> Option<Value> {
        self.items().get(index).cloned()
    }

    /// The items. The list can't be changed while they are borrowed.
    pub fn items(&self) -> Ref<'_, Vec<Value>> {
        self.items.unpack();
        self.items.values.borrow()
    }

    /// Changes the items in place, for everything that shares them. The length must stay as it is.
    pub fn update(&self, change: impl FnOnce(&mut [Value])) {
        self.items.unpack();
        change(&mut self.items.values.borrow_mut());
    }

    /// Reports whether two lists share their items.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.items, &other.items)
    }

    /// Reports whether nothing else shares the items.
    pub(crate) fn is_only(&self) -> bool {
        Rc::strong_count(&self.items) == 1
    }

    pub(super) fn take_into(self, out: &mut Vec<Value>) {
        if let Some(mut items) = Rc::into_inner(self.items) {
            out.append(items.values.get_mut());
        }
    }
}
