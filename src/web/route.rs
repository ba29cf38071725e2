//! How a route is declared: `at("/login").get(show).post(enter)`. HEAD goes with GET; whatever else is asked of the
//! address gets 405 with the methods that it has (RFC 9110 section 15.5.6).

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder,
    dev::{AppService, HttpServiceFactory},
    guard,
    http::{Method, header},
    web,
};

/// An address and what it takes.
pub struct At {
    resource: Resource,
    methods: Vec<Method>,
}

/// The address `path`; nothing is allowed there yet.
pub fn at(path: &str) -> At {
    #[allow(clippy::disallowed_methods)] // The one place that makes resources.
    At {
        resource: web::resource(path),
        methods: Vec::new(),
    }
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident => $($method:ident),+;)+) => { $(
        $(#[$doc])*
        #[must_use]
        pub fn $name<H, Args>(self, handler: H) -> Self
        where
            H: Handler<Args>,
            Args: FromRequest + 'static,
            H::Output: Responder + 'static,
        {
            self.on(&[$(Method::$method),+], handler)
        }
    )+ };
}

impl At {
    methods! {
        /// A page or a file.
        get => GET, HEAD;
        /// A form or a call that makes something.
        post => POST;
        /// A call that replaces something.
        put => PUT;
        /// A call that changes a part.
        patch => PATCH;
        /// A call that removes something.
        delete => DELETE;
    }

    fn on<H, Args>(mut self, methods: &[Method], handler: H) -> Self
    where
        H: Handler<Args>,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        let any = methods
            .iter()
            .fold(guard::Any(guard::fn_guard(|_| false)), |any, method| {
                any.or(guard::Method(method.clone()))
            });
        self.resource = self.resource.route(web::route().guard(any).to(handler));
        self.methods.extend_from_slice(methods);
        self
    }
}

impl HttpServiceFactory for At {
    fn register(self, config: &mut AppService) {
        let allow = self
            .methods
            .iter()
            .map(Method::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let refuse = move || {
            let mut response = HttpResponse::MethodNotAllowed();
            response.insert_header((header::ALLOW, allow.clone()));
            std::future::ready(response.finish())
        };
        self.resource.default_service(web::to(refuse)).register(config);
    }
}
