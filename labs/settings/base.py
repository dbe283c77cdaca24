"""Settings shared by every environment; everything that differs comes from environment variables."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()

SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]

INSTALLED_APPS = [
    "labs",
    "accounts",
    "provisioning",
    "quests",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.admin",
    "django.forms",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "labs.middleware.BearerToken",
    "labs.middleware.ViewerTimeZone",
    "labs.middleware.ViewerLanguage",
    "accounts.middleware.LastSeen",
    "labs.middleware.SecondFactor",
]

ROOT_URLCONF = "labs.urls"
WSGI_APPLICATION = "labs.wsgi.application"
ASGI_APPLICATION = "labs.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "labs.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "labs",
    }
}

# People
AUTH_USER_MODEL = "accounts.User"
# E-mail is unique whatever its case, by a constraint on lower(email) that this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_LOGIN_METHODS = {"email"}
# Whoever leaves the password out signs in with codes by e-mail, a passkey or the organization's sign-in.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.signup.NameForm"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "GameDay Labs: "
# An address is proven before it counts: the organization's sign-in finds people by it.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
# Long enough for a mail that a company's filter holds back for a while.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
# An event is a room behind one address: the limits are per person (the key is the login), and only a
# flood ceiling is per address.
ACCOUNT_RATE_LIMITS = {
    "login": "2000/m/ip",
    "login_failed": "600/m/ip,10/5m/key",
    "request_login_code": "600/m/ip,3/m/key",
    "signup": "600/m/ip",
    "reset_password": "200/m/ip,5/m/key",
    "reset_password_from_key": "200/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
    "confirm_email": "1/10s/key",
}
MFA_ADAPTER = "accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TOTP_ISSUER = "GameDay Labs"
MFA_TOTP_TOLERANCE = 1  # Telephones' clocks are not exact.
MFA_RATE_LIMITS = {"webauthn_login": "2000/m/ip"}
# Browsers allow passkeys without TLS on this machine only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PUBLIC_BASE_URL.startswith(("http://127.0.0.1", "http://localhost"))
# none; staff; organizers: organizers of events and staff. They set a second factor up before they can go on.
REQUIRE_SECOND_FACTOR = env.str("REQUIRE_SECOND_FACTOR", default="none")
if REQUIRE_SECOND_FACTOR not in {"none", "staff", "organizers"}:
    raise ImproperlyConfigured("REQUIRE_SECOND_FACTOR must be none, staff or organizers.")

# The organization's own sign-in (OpenID Connect), where one is named; see docs/people.md.
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="").rstrip("/")
OIDC_ALLOWED_DOMAINS = [domain.lower().lstrip("@") for domain in env.list("OIDC_ALLOWED_DOMAINS", default=[])]
SOCIALACCOUNT_ADAPTER = "accounts.single_sign_on.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
# A form that leads to another site is refused by our Content-Security-Policy; the state parameter guards the link.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_SERVER_URL:
    if not (env.str("OIDC_CLIENT_ID", default="") and env.str("OIDC_CLIENT_SECRET", default="")):
        raise ImproperlyConfigured("OIDC_SERVER_URL needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET beside it.")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "organization",
                "name": env.str("OIDC_NAME", default="your organization"),
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
LOGIN_URL = "account_login"

# Languages, times, files
LANGUAGE_CODE = "en"
# People choose among these; one joins the list when the site's own texts are translated.
LANGUAGES = [("en", "English")]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".labs" / "static"
# Packs are content that ships beside the code; an installation may keep its own elsewhere.
PACKS_DIR = Path(env.str("PACKS_DIR", default=str(BASE_DIR / "packs")))

# Mail
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
if vars()["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend":
    # Files that staff can read in the site, and a line in the log.
    EMAIL_BACKEND = "labs.mail.FolderBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="GameDay Labs <labs@localhost>")
EMAIL_TIMEOUT = 10

# Who hears when something needs a person: these addresses, or all active staff; and a webhook, if one is named.
OPERATOR_EMAILS = env.list("OPERATOR_EMAILS", default=[])
OPERATOR_WEBHOOK_URL = env.str("OPERATOR_WEBHOOK_URL", default="")
OPERATOR_WEBHOOK_SECRET = env.str("OPERATOR_WEBHOOK_SECRET", default="")

# Content-Security-Policy: everything is served by the site itself, nothing is inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "labs.views.errors.csrf_failure"

# AWS: the mode is explicit, and ambient credentials are never used (see provisioning/aws/hub.py).
AWS_MODE = env.str("AWS_MODE")
SIMULATOR_ENDPOINT_URL = env.str("SIMULATOR_ENDPOINT_URL", default="")
SIMULATOR_ACCESS_KEY_ID = env.str("SIMULATOR_ACCESS_KEY_ID", default="")
SIMULATOR_SECRET_ACCESS_KEY = env.str("SIMULATOR_SECRET_ACCESS_KEY", default="")
SIMULATOR_ALLOWED_HOSTS = env.list("SIMULATOR_ALLOWED_HOSTS", default=[])
PUBLIC_AWS_ENDPOINT_URL = env.str("PUBLIC_AWS_ENDPOINT_URL", default="")
AWS_HUB_PROFILE = env.str("AWS_HUB_PROFILE", default="")
AWS_SANDBOX_OU_NAME = env.str("AWS_SANDBOX_OU_NAME", default="gameday-sandboxes")
AWS_ACCOUNT_EMAIL_DOMAIN = env.str("AWS_ACCOUNT_EMAIL_DOMAIN", default="sandboxes.example.com")
AWS_ACCOUNT_BLOCK_LIST = env.list("AWS_ACCOUNT_BLOCK_LIST", default=[])
AWS_ACCOUNT_LIMIT = env.int("AWS_ACCOUNT_LIMIT", default=40)
# Where keys become a sign-in to the web console; the simulator has no console.
AWS_FEDERATION_ENDPOINT = env.str(
    "AWS_FEDERATION_ENDPOINT", default="https://signin.aws.amazon.com/federation" if AWS_MODE == "aws" else ""
)
# managed: accounts are created as they are needed; prepared: only registered ones are used (see docs/pool.md).
AWS_POOL_MODE = env.str("AWS_POOL_MODE", default="managed")
# Where a registered account is looked through; empty: every region that is enabled in it, on the simulator the packs'.
AWS_REGISTRATION_REGIONS = env.list("AWS_REGISTRATION_REGIONS", default=[])
ACCOUNT_COOLING_SECONDS = env.float("ACCOUNT_COOLING_SECONDS", default=0.0)
DRIFT_SCAN_SECONDS = env.float("DRIFT_SCAN_SECONDS", default=3600.0)
# Accounts are made, and kept for whom they are promised to, this long before a booking's sandboxes are asked for.
BOOKING_LEAD_MINUTES = env.int("BOOKING_LEAD_MINUTES", default=60)
# How long after its end a booking's accounts are still being cleaned.
BOOKING_CLEANING_MINUTES = env.int("BOOKING_CLEANING_MINUTES", default=30)
# What a sandbox without a budget may cost by the hour at worst; zero: nobody knows.
UNBUDGETED_USD_PER_HOUR = env.float("UNBUDGETED_USD_PER_HOUR", default=0.0)
ACCESS_SESSION_SECONDS = env.int("ACCESS_SESSION_SECONDS", default=3600)
ACCESS_MINIMUM_LEFT_SECONDS = env.int("ACCESS_MINIMUM_LEFT_SECONDS", default=1200)
# How long a worker may work on a row before others may: a killed worker's rows wait this long.
CLAIM_SECONDS = env.float("CLAIM_SECONDS", default=90)
# A path to aws-nuke lets it sweep as well, on AWS only; see docs/sweeper.md.
AWS_NUKE_BINARY = env.str("AWS_NUKE_BINARY", default="")
# Verifying twice only means something when the two listings are apart in time.
VERIFY_INTERVAL_SECONDS = env.float("VERIFY_INTERVAL_SECONDS", default=2.0)

# Cost is estimated this often; see docs/cost.md for the thresholds.
COST_EVERY_SECONDS = env.float("COST_EVERY_SECONDS", default=60.0 if AWS_MODE == "simulator" else 600.0)
COST_FREEZE_STOPS_COMPUTE = env.bool("COST_FREEZE_STOPS_COMPUTE", default=True)
COST_END_SHARE = env.float("COST_END_SHARE", default=0.0)  # Of the budget, 1.5 for example; 0 never ends a sandbox.

# Probes fetch addresses that strangers choose.
PROBE_ALLOWED_NETWORKS = env.list("PROBE_ALLOWED_NETWORKS", default=[])
PROBE_FORBIDDEN_PORTS = [int(port) for port in env.list("PROBE_FORBIDDEN_PORTS", default=[])]
# Where AWS is simulated, packs' own services run for teams on these loopback ports, "first-last"; empty: none run.
_ports = env.str("REFERENCE_PORTS", default="").partition("-")
REFERENCE_PORTS = [
    port for port in range(int(_ports[0] or 0), int(_ports[2] or -1) + 1) if port not in PROBE_FORBIDDEN_PORTS
]
# Where AWS is simulated, services that teams run themselves count as their own on these loopback ports, "first-last".
_ports = env.str("OWN_SERVICE_PORTS", default="").partition("-")
OWN_SERVICE_PORTS = {
    port
    for port in range(int(_ports[0] or 0), int(_ports[2] or -1) + 1)
    if port not in {*PROBE_FORBIDDEN_PORTS, *REFERENCE_PORTS, urlsplit(PUBLIC_BASE_URL).port}
}
# AWS calls of checks under way at once in one worker; a call waits for AWS, so this is far more than there are cores.
PROBE_AWS_THREADS = env.int("PROBE_AWS_THREADS", default=32)

# Celery: the row is the queue, so a lost message costs one tick and results are never kept.
TICK_SECONDS = env.float("TICK_SECONDS", default=1.0)
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "provisioning.vend": {"queue": "vend"},
    "provisioning.sweep": {"queue": "sweep"},
    "provisioning.estimate": {"queue": "sweep"},
    "quests.probe": {"queue": "probe"},
    "quests.compact": {"queue": "sweep"},
    "quests.watch": {"queue": "sweep"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_keepalive": True,
    "health_check_interval": 10,
    # A request that wakes the tick must not wait for a broker that is away: the next beat does the work.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_BEAT_SCHEDULE = {
    name: {"task": f"{name}.tick", "schedule": TICK_SECONDS, "options": {"expires": max(TICK_SECONDS * 3, 3)}}
    for name in ("provisioning", "quests")
} | {
    "provisioning-review": {"task": "provisioning.review", "schedule": 60.0, "options": {"expires": 50}},
    "quests-watch": {"task": "quests.watch", "schedule": 30.0, "options": {"expires": 25}},
    "quests-compact": {"task": "quests.compact", "schedule": 600.0, "options": {"expires": 500}},
}

# How often a person's programs and pages may ask the API in a minute, all together; and strangers from one address,
# which is a room's.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
API_STRANGERS_PER_MINUTE = env.int("API_STRANGERS_PER_MINUTE", default=60_000)

LOG_FORMAT = env.str("LOG_FORMAT", default="console")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "labs.logging.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}
