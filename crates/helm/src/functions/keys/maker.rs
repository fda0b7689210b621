//! One call of a function that makes keys and certificates.

use std::net::IpAddr;
use std::rc::Rc;

use super::certificate::{Fields, Issuer};
use super::provider::{KeyForm, KeyKind, Keys, PrivateKey, Subject};
use super::{Certificate, pem, private_key};
use crate::functions::Context;
use crate::functions::arguments::{bytes, integer, lossy, text};
use crate::functions::random::Stream;
use crate::template::{Call, Error, Text, Value};

/// Bits of keys that certificates get.
const BITS: u32 = 2048;

const NANOSECONDS: i128 = 1_000_000_000;

/// Steps that count for work which takes about a millisecond.
const MILLISECOND: u64 = 10_000;

pub struct Maker<'c, 'r> {
    call: &'c mut Call<'r>,
    keys: Rc<dyn Keys>,
    stream: Stream,
}

impl<'c, 'r> Maker<'c, 'r> {
    pub fn new(call: &'c mut Call<'r>, function: &str) -> Result<Self, Error> {
        let keys = call.context::<Context>().and_then(|context| context.keys.clone()).ok_or_else(|| {
            Error::new(format!("{function} is not supported: the context has no provider of keys"))
        })?;
        let stream = Stream::new(call, function);
        Ok(Self { call, keys, stream })
    }

    /// A new key. The inner error is the provider's.
    pub fn new_key(&mut self, kind: KeyKind) -> Result<Result<PrivateKey, String>, Error> {
        self.call.work(match kind {
            KeyKind::Rsa(..=BITS) => 50 * MILLISECOND,
            KeyKind::Rsa(_) | KeyKind::Dsa => 500 * MILLISECOND,
            KeyKind::Ecdsa | KeyKind::Ed25519 => MILLISECOND,
        })?;
        Ok(self.keys.generate(kind, &mut |buffer| self.stream.fill(buffer)))
    }

    /// The key of a PEM text.
    pub fn existing_key(&mut self, pem: &[u8]) -> Result<PrivateKey, Error> {
        let (form, der) = private_key::block(pem).map_err(Error::new)?;
        self.work_with(form, der.len())?;
        private_key::read(&*self.keys, form, &der).map_err(Error::new)
    }

    /// Counts a use of a key. Twice as many bits of RSA take eight times as long.
    fn work_with(&mut self, form: KeyForm, length: usize) -> Result<(), Error> {
        let size = if form == KeyForm::Ec { 1 } else { 1 + length / 1024 };
        self.call.work(u64::try_from(size.pow(3)).unwrap_or(u64::MAX).saturating_mul(MILLISECOND))
    }

    /// The subject of a certificate in PEM. `variable` is the name that it has in Sprig's messages.
    pub fn subject(&mut self, cert: &[u8], variable: &str) -> Result<Subject, Error> {
        let block = pem::decode(cert).ok_or_else(|| Error::new("unable to decode certificate"))?;
        self.call.work(MILLISECOND)?;
        self.keys
            .subject(&block.content)
            .map_err(|message| Error::new(format!("error parsing certificate: {variable}.Bytes: {message}")))
    }

    /// The key that a certificate gets: that of a PEM text, or a new one.
    fn key(&mut self, pem: Option<&Value>) -> Result<PrivateKey, Error> {
        match pem {
            Some(pem) => self.existing_key(bytes(pem)).map_err(|error| error.wrap("parsing private key: ")),
            None => self
                .new_key(KeyKind::Rsa(BITS))?
                .map_err(|message| Error::new(format!("error generating rsa key: {message}"))),
        }
    }

    pub fn authority(&mut self, name: &Value, days: &Value, pem: Option<&Value>) -> Result<Value, Error> {
        let key = self.key(pem)?;
        let mut fields = self.fields(name, &Value::Nil, &Value::Nil, days)?;
        fields.is_authority = true;
        self.finished(&fields, &key, Issuer::Own)
    }

    /// `values` start with name, addresses, DNS names and days.
    pub fn self_signed(&mut self, values: &[Value], pem: Option<&Value>) -> Result<Value, Error> {
        let key = self.key(pem)?;
        let fields = self.fields(&values[0], &values[1], &values[2], &values[3])?;
        self.finished(&fields, &key, Issuer::Own)
    }

    /// `values` start with name, addresses, DNS names and days.
    pub fn signed(
        &mut self,
        values: &[Value],
        authority: &Value,
        pem: Option<&Value>,
    ) -> Result<Value, Error> {
        let key = self.key(pem)?;
        let field = |name| match authority {
            Value::Object(object) => object.field(name).unwrap_or_default(),
            _ => Value::Nil,
        };
        let subject = self.subject(bytes(&field("Cert")), "decodedSignerCert")?;
        let signer = self
            .existing_key(bytes(&field("Key")))
            .map_err(|error| error.wrap("error parsing private key: "))?;
        let fields = self.fields(&values[0], &values[1], &values[2], &values[3])?;
        self.finished(&fields, &key, Issuer::Authority(&subject, &signer))
    }

    fn fields(
        &mut self,
        name: &Value,
        addresses: &Value,
        names: &Value,
        days: &Value,
    ) -> Result<Fields, Error> {
        let addresses = self.addresses(addresses)?;
        let names = self.names(names)?;
        let mut serial = [0; 16];
        self.stream.fill(&mut serial);
        // Go's durations wrap around.
        let valid = integer(days).wrapping_mul(24 * 3600 * 1_000_000_000);
        let now = self.call.context::<Context>().map_or(0, |context| context.now);
        let seconds = |nanoseconds: i128| {
            i64::try_from(nanoseconds.div_euclid(NANOSECONDS))
                .map_err(|_| Error::new("the time of the context is out of range"))
        };
        Ok(Fields {
            serial,
            common_name: bytes(name).to_vec(),
            addresses,
            names,
            not_before: seconds(now)?,
            not_after: seconds(now.saturating_add(i128::from(valid)))?,
            is_authority: false,
        })
    }

    fn addresses(&self, list: &Value) -> Result<Vec<IpAddr>, Error> {
        let Value::List(list) = list else { return Ok(Vec::new()) };
        let address = |item: &Value| match item {
            Value::String(_) => {
                let text = lossy(item);
                text.parse().map_err(|_| Error::new(format!("error parsing ip: {text}")))
            }
            other => Err(self.no_string("error parsing ip", other)),
        };
        list.items().iter().map(address).collect()
    }

    fn names(&self, list: &Value) -> Result<Vec<Vec<u8>>, Error> {
        let Value::List(list) = list else { return Ok(Vec::new()) };
        let name = |item: &Value| match item {
            Value::String(text) => Ok(text.as_bytes().to_vec()),
            other => Err(self.no_string("error processing alternate dns name", other)),
        };
        list.items().iter().map(name).collect()
    }

    fn no_string(&self, what: &str, value: &Value) -> Error {
        let shown = self.call.sprintf("%v", std::slice::from_ref(value));
        Error::new(format!("{what}: {} is not a string", String::from_utf8_lossy(&shown)))
    }

    fn finished(&mut self, fields: &Fields, key: &PrivateKey, issuer: Issuer<'_>) -> Result<Value, Error> {
        let signer = match issuer {
            Issuer::Own => key,
            Issuer::Authority(_, signer) => signer,
        };
        self.work_with(signer.form, signer.der.len())?;
        let der = fields
            .signed(&*self.keys, key, issuer)
            .map_err(|message| Error::new(format!("error creating certificate: {message}")))?;
        self.certificate(pem::encode("CERTIFICATE", &der), pem::encode(key.form.label(), &key.der))
    }

    /// The result of a function: a certificate and its key in PEM.
    pub fn certificate(&mut self, cert: impl Into<Text>, key: impl Into<Text>) -> Result<Value, Error> {
        let certificate = Certificate { cert: text(cert), key: text(key) };
        self.call.made(bytes(&certificate.cert).len() + bytes(&certificate.key).len())?;
        Ok(Value::object(certificate))
    }
}
