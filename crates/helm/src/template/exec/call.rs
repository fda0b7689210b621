//! Calls of functions and methods.

use std::any::Any;
use std::rc::Rc;

use super::operand::Operand;
use super::{Run, State, render};
use crate::template::builtin::{self, Builtin};
use crate::template::error::Error;
use crate::template::function::{Function, Signature, Type};
use crate::template::limits::{
    BYTES_OF_A_STEP, ENTRY, ITEM, ITEMS_OF_A_STEP, LIST, MAP, MAX_ITEMS, MAX_RENDERS, MAX_TEXT,
};
use crate::template::node::{Place, Term};
use crate::template::quote::quote;
use crate::template::value::{Map, MapType, Object, Value};
use crate::template::{Templates, format};

/// What is called.
pub(super) enum Callee {
    Function(Function),
    Builtin(&'static Builtin),
    Method(Rc<dyn Object>, Signature),
    MapMethod(Map, &'static MapType, Signature),
}

impl Callee {
    fn signature(&self) -> Signature {
        match self {
            Self::Function(function) => function.signature,
            Self::Builtin(builtin) => builtin.signature,
            Self::Method(_, signature) | Self::MapMethod(_, _, signature) => *signature,
        }
    }
}

impl<'t> State<'t, '_> {
    /// Calls a function by name. `place` is what an error of the function points to.
    pub(super) fn function(
        &mut self,
        dot: &Operand,
        term: &'t Term,
        name: &str,
        place: Place<'t>,
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        self.place = Some(Place::Term(term));
        let own = self.templates.functions.get(name).map(Callee::Function);
        let Some(callee) = own.or_else(|| builtin::find(name).map(Callee::Builtin)) else {
            return Err(self.error(format!("{} is not a defined function", quote(name.as_bytes()))));
        };
        self.call(dot, &callee, place, name, arguments, last)
    }

    /// Calls with arguments, of which the first names the function, and with the last value of the pipeline.
    pub(super) fn call(
        &mut self,
        dot: &Operand,
        callee: &Callee,
        place: Place<'t>,
        name: &str,
        arguments: &'t [Term],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        self.step()?;
        let terms = arguments.get(1..).unwrap_or_default();
        let signature = callee.signature();
        self.check_count(signature, name, terms.len(), last.is_some())?;
        if let (Callee::Builtin(_), "and" | "or") = (callee, name) {
            return self.short_circuit(dot, name == "or", terms, last);
        }
        let mut values = Vec::with_capacity(terms.len() + 1);
        for (at, term) in terms.iter().enumerate() {
            values.push(self.argument(dot, signature.parameter(at), term)?);
        }
        if let Some(last) = last {
            let kind = signature.parameter(values.len());
            values.push(self.fit(last, kind)?);
        }
        self.count_read(callee, &values).map_err(|error| {
            self.place = Some(place);
            self.fail(error.wrap(format!("error calling {name}: ")))
        })?;
        let result = match callee {
            Callee::Builtin(_) if name == "call" => {
                Err(builtin::call(terms.first().map(ToString::to_string), &values))
            }
            Callee::Builtin(builtin) => (builtin.body)(&values),
            Callee::Function(function) => {
                let values: Vec<Value> = values.into_iter().map(|operand| operand.value).collect();
                let mut call = Call { templates: self.templates, run: self.run };
                (function.body)(&mut call, &values).map(Operand::result)
            }
            Callee::Method(object, _) => {
                let values: Vec<Value> = values.into_iter().map(|operand| operand.value).collect();
                object.call(name, &values).map(Operand::result)
            }
            Callee::MapMethod(map, kind, _) => {
                let values: Vec<Value> = values.into_iter().map(|operand| operand.value).collect();
                (kind.call)(map, name, &values).map(Operand::result)
            }
        };
        result.and_then(|operand| self.counted(operand)).map_err(|error| {
            self.place = Some(place);
            self.fail(error.wrap(format!("error calling {name}: ")))
        })
    }

    /// Counts what a function may read. Go's own functions read texts, but no more of a list
    /// than they return; no function reads all of a map unless it makes something of it.
    fn count_read(&mut self, callee: &Callee, values: &[Operand]) -> Result<(), Error> {
        let mut steps = 0;
        for operand in values {
            steps += match &operand.value {
                Value::String(text) => text.len() / BYTES_OF_A_STEP,
                _ if matches!(callee, Callee::Builtin(_)) => 0,
                Value::List(list) => list.len() / ITEMS_OF_A_STEP,
                _ => 0,
            };
        }
        if let Callee::Method(object, _) = callee {
            steps += object.size() / ITEMS_OF_A_STEP;
        }
        Call { templates: self.templates, run: self.run }.work(u64::try_from(steps).unwrap_or(u64::MAX))
    }

    /// Counts what a function has made: a text, or a list or map that nothing else has.
    fn counted(&mut self, operand: Operand) -> Result<Operand, Error> {
        let size = match &operand.value {
            Value::String(text) if text.len() > MAX_TEXT => {
                return Err(Error::new(format!("exceeded maximum of {MAX_TEXT} bytes of one text")));
            }
            Value::List(list) if list.is_only() && list.len() > MAX_ITEMS => {
                return Err(Error::new(format!("exceeded maximum of {MAX_ITEMS} items of one list")));
            }
            Value::String(text) => text.len(),
            Value::List(list) if list.is_only() => list.len().saturating_mul(ITEM).saturating_add(LIST),
            Value::Map(map) if map.is_only() => map.len().saturating_mul(ENTRY).saturating_add(MAP),
            _ => 0,
        };
        Call { templates: self.templates, run: self.run }.made(size)?;
        Ok(operand)
    }

    fn check_count(&self, signature: Signature, name: &str, terms: usize, last: bool) -> Result<(), Error> {
        let (want, got) = (signature.fixed.len(), terms + usize::from(last));
        if signature.variadic.is_some() {
            if got < want {
                let message = format!("wrong number of args for {name}: want at least {want} got {terms}");
                return Err(self.error(message));
            }
        } else if got != want {
            return Err(self.error(format!("wrong number of args for {name}: want {want} got {got}")));
        }
        Ok(())
    }

    /// `and` and `or` evaluate no more arguments than they must.
    fn short_circuit(
        &mut self,
        dot: &Operand,
        until: bool,
        terms: &'t [Term],
        last: Option<Operand>,
    ) -> Result<Operand, Error> {
        let mut value = Operand::default();
        for term in terms {
            value = self.argument(dot, Type::Value, term)?;
            if value.value.is_true() == until {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }
}

/// What a function can use of the execution that calls it.
pub struct Call<'r> {
    templates: &'r Templates,
    run: &'r mut Run,
}

impl Call<'_> {
    /// Renders a template by name, as Helm's `include` does. A name can be included 1,000 times within itself.
    pub fn include(&mut self, name: &str, data: Value) -> Result<Vec<u8>, Error> {
        const LIMIT: usize = 1000;
        let count = self.run.includes.entry(name.to_owned()).or_default();
        if *count > LIMIT {
            let message = "unable to execute template";
            return Err(
                Error::new(message).wrap(format!("rendering template has a nested reference name: {name}: "))
            );
        }
        *count += 1;
        let result = match self.templates.get(name) {
            Some(tree) => render(self.templates, self.run, &tree, data),
            None => Err(self.templates.not_associated(name)),
        };
        if let Some(count) = self.run.includes.get_mut(name) {
            *count -= 1;
        }
        result
    }

    /// Renders text as a template, as Helm's `tpl` does: it sees all templates, and what it defines is its own. Such
    /// calls nest 250 deep.
    pub fn render(&mut self, text: &str, data: Value) -> Result<Vec<u8>, Error> {
        if self.run.renders >= MAX_RENDERS {
            return Err(Error::new(format!(
                "exceeded maximum of {MAX_RENDERS} templates in the values of templates"
            )));
        }
        self.run.renders += 1;
        let result = self.render_own(text, data);
        self.run.renders -= 1;
        result
    }

    fn render_own(&mut self, text: &str, data: Value) -> Result<Vec<u8>, Error> {
        let quoted = || quote(text.as_bytes());
        let mut templates = self.templates.clone();
        let tree = templates
            .parse_own(text)
            .map_err(|error| error.wrap(format!("cannot parse template {}: ", quoted())))?;
        render(&templates, self.run, &tree, data)
            .map_err(|error| error.wrap(format!("error during tpl function execution for {}: ", quoted())))
    }

    /// What the caller has given with the functions ([`Functions::with_context`]).
    ///
    /// [`Functions::with_context`]: crate::template::Functions::with_context
    pub fn context<T: Any>(&self) -> Option<&T> {
        self.templates.functions.context()
    }

    /// Name of the template that is executed. Those that it includes are parts of it.
    pub fn template(&self) -> &str {
        &self.run.template
    }

    /// A number that no other call in this execution gets: 0, 1, 2, ….
    pub fn serial(&mut self) -> u64 {
        self.run.serial += 1;
        self.run.serial - 1
    }

    /// Counts work of a function that takes as long as this many calls. An error at the limit of steps.
    pub fn work(&mut self, steps: u64) -> Result<(), Error> {
        self.run.steps = self.run.steps.saturating_add(steps);
        let limit = self.templates.limits.steps;
        if self.run.steps > limit {
            return Err(Error::new(format!("exceeded maximum of {limit} steps")));
        }
        Ok(())
    }

    /// Counts memory that a function uses for what it makes. An error at the limit.
    pub fn made(&mut self, bytes: usize) -> Result<(), Error> {
        self.run.made = self.run.made.saturating_add(bytes);
        let limit = self.templates.limits.made;
        if self.run.made > limit {
            return Err(Error::new(format!("exceeded maximum of {limit} bytes of text and values")));
        }
        Ok(())
    }

    /// Go's `fmt.Sprintf`.
    pub fn sprintf(&self, format: &str, arguments: &[Value]) -> Vec<u8> {
        format::printf(format.as_bytes(), arguments)
    }
}
