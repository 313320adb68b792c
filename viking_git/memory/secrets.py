"""What a secret looks like: the patterns that ``redact`` runs.

Detection rests on the kept library detect-secrets: the expressions of its plugins are used as they are where they are
exact and bounded. A table of our own comes first, for what the library lacks or cuts short (it leaves the signature
of a JSON web token, the body of a private key, the tail of a new OpenAI key). Entropy plugins are not used: git
hashes, UUIDs and base64 images would drown in their alarms. Every expression is bounded, so time stays linear.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """One kind of secret.

    Attributes:
        kind: the name in its placeholder, ``[redacted: kind]``.
        hints: literals, one of which stands in every match; without any of them the expression is not run.
        regex: the expression; group 1, where there is one, is the secret, else the whole match.
        mixed: whether a match must hold a digit and a letter, against words that only look like a prefix.
        lower: whether hints and expression are for the text's lower case.
        in_runs: whether its hints stand within what ``long_runs`` finds, so that the rest of the text need not be read.
        named: whether only what stands around it gives it away, so that a manual's samples are told by their words.
    """

    kind: str
    hints: tuple[str, ...]
    regex: re.Pattern[str]
    mixed: bool = False
    lower: bool = False
    named: bool = False
    in_runs: bool = False


def _row(
    kind: str, hints: str, regex: str, *, mixed: bool = False, lower: bool = False, named: bool = False
) -> SecretPattern:
    literals = tuple(hints.split())
    in_runs = not lower and not named and all(_IN_RUN.fullmatch(hint) for hint in literals)
    return SecretPattern(kind, literals, re.compile(regex, re.MULTILINE), mixed, lower, named, in_runs)


def long_runs(text: str) -> str:
    """The runs of characters of ``text`` that are long and mixed enough for a key, a line each."""
    return "\n".join([run for run in _RUN.findall(text) if _MIXED.search(run)])


_RUN = re.compile(r"[A-Za-z0-9_.$:~+-]{20,}")
_IN_RUN = re.compile(r"[A-Za-z0-9_.$:~+-]+")
_MIXED = re.compile(r"[0-9A-Z]")
_START = r"(?<![A-Za-z0-9])"
_GAP = r"(?:[ \t]{1,4}|[\"'],\s{0,4}[\"'])"
"""What stands between two words of a command: blanks, or the quotes and the comma of a list."""
_HEADER = r"\bauthorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"'`]?"

OWN: tuple[SecretPattern, ...] = (
    # The 40 characters beside an access key id have no mark of their own, so they go before the id does.
    _row("aws-secret-key", "AKIA ASIA",
         r"(?:AKIA|ASIA)[0-9A-Z]{16}[^A-Za-z0-9/+][\s\S]{0,200}?(?<![A-Za-z0-9/+=])"
         r"((?=[^\s]{0,39}[0-9])(?=[^\s]{0,39}[a-z])(?=[^\s]{0,39}[A-Z])[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
    _row("aws-access-key", "AKIA ASIA ABIA ACCA", _START + r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    _row("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{16,300}"),
    _row("openrouter-key", "sk-or-", r"sk-or-[A-Za-z0-9_-]{16,300}"),
    _row("openai-key", "sk-", _START + r"sk-[A-Za-z0-9_-]{20,300}", mixed=True),
    _row("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,255}"),
    _row("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}"),
    _row("gitlab-token", "glpat- gldt- glft- glsoat- glrt- glcbt- glptt- glimt- glagent- gloas-",
         r"gl(?:pat|dt|ft|soat|rt|cbt|ptt|imt|agent|oas)-[A-Za-z0-9_.-]{16,300}"),
    _row("slack-token", "xox", r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,300}"),
    _row("slack-token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{10,300}"),
    _row("slack-webhook", "hooks.slack.com/",
         r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/+-]{20,200})"),
    _row("discord-webhook", "/api/webhooks/", r"/api/webhooks/\d{15,22}/([A-Za-z0-9_-]{40,100})"),
    _row("google-api-key", "AIza", r"AIza[0-9A-Za-z_-]{35}"),
    _row("google-oauth-secret", "GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{20,60}"),
    _row("google-oauth-token", "ya29.", r"ya29\.[A-Za-z0-9_-]{20,300}"),
    _row("stripe-key", "_live_ _test_", r"(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,250}"),
    _row("stripe-webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,100}"),
    _row("npm-token", "npm_", r"(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    _row("npm-token", ":_authToken", r":_authToken\s{0,4}=\s{0,4}\"?([A-Za-z0-9_.=/+-]{10,300})"),
    _row("pypi-token", "pypi-", r"pypi-[A-Za-z0-9_-]{50,300}"),
    _row("sendgrid-key", "SG.", r"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    # 34 letters, often without a digit.
    _row("huggingface-token", "hf_", r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,60}(?![A-Za-z0-9_])"),
    _row("digitalocean-token", "do", r"do[opr]_v1_[a-f0-9]{64}"),
    _row("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _row("vault-token", "hv", r"(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{24,300}"),
    _row("age-secret-key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    _row("databricks-token", "dapi", r"(?<![A-Za-z0-9])dapi[a-f0-9]{32}"),
    _row("linear-key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,60}"),
    _row("notion-key", "ntn_", r"(?<![A-Za-z0-9])ntn_[A-Za-z0-9]{40,60}"),
    _row("groq-key", "gsk_", r"(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,60}"),
    _row("xai-key", "xai-", r"(?<![A-Za-z0-9])xai-[A-Za-z0-9]{60,100}"),
    _row("replicate-token", "r8_", r"(?<![A-Za-z0-9])r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9])"),
    _row("docker-token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,60}"),
    _row("atlassian-token", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{100,300}"),
    _row("grafana-token", "glsa_", r"glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}"),
    _row("mailgun-key", "key-", r"(?<![A-Za-z0-9-])key-[0-9a-f]{32}(?![0-9a-f])"),
    _row("aws-session-token", "IQoJb3 FwoGZXIvYXdz", r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9+/=%]{60,4000}"),
    _row("typeform-token", "tfp_", r"(?<![A-Za-z0-9_])tfp_[A-Za-z0-9_-]{40,64}"),
    _row("shippo-token", "shippo_", r"shippo_(?:live|test)_[a-f0-9]{40}"),
    _row("duffel-token", "duffel_", r"duffel_(?:live|test)_[A-Za-z0-9_-]{43}"),
    _row("swarm-token", "SWMTKN-1-", r"SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25}"),
    _row("mailersend-token", "mlsn.", r"(?<![A-Za-z0-9])mlsn\.[a-f0-9]{64}"),
    _row("launchdarkly-key", "sdk-", r"(?<![A-Za-z0-9-])sdk-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    _row("clickup-token", "pk_", r"(?<![A-Za-z0-9_])pk_[0-9]{6,10}_[A-Z0-9]{32}(?![A-Za-z0-9])"),
    _row("adafruit-key", "aio_", r"(?<![A-Za-z0-9_])aio_[A-Za-z0-9]{28}(?![A-Za-z0-9])"),
    _row("frameio-token", "fio-u-", r"fio-u-[A-Za-z0-9_=-]{60,68}"),
    _row("readme-key", "rdme_", r"(?<![A-Za-z0-9_])rdme_[a-z0-9]{70}"),
    _row("scalingo-token", "tk-us-", r"tk-us-[A-Za-z0-9_-]{48}"),
    _row("vercel-token", "vercel_ vcp_",
         r"(?<![A-Za-z0-9_])(?:vercel_[a-z_]{2,12}_[A-Za-z0-9_]{24,60}|vcp_[A-Za-z0-9]{50,60})"),
    _row("yandex-token", "t1. y0_",
         r"(?<![\w.])(?:t1\.[A-Z0-9a-z_-]{30,200}[=]{0,2}\.[A-Z0-9a-z_-]{80,90}=?|y0_[A-Za-z0-9_-]{50,64})"),
    _row("okta-token", "SSWS ", r"SSWS {1,2}(00[A-Za-z0-9_-]{38,44})"),
    _row("bedrock-key", "ABSK", _START + r"ABSK[A-Za-z0-9+/]{80,280}={0,2}"),
    _row("azure-client-secret", "Q~",
         r"(?<![\w~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?![\w~-])", mixed=True),
    _row("azure-devops-token", "AZDO", r"(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])"),
    _row("google-refresh-token", "1//0", r"(?<![\w/])1//0[A-Za-z0-9_-]{40,200}"),
    _row("gitlab-token", "GR1348941", r"GR1348941[A-Za-z0-9_-]{20,60}"),
    _row("square-token", "EAAA sq0atp-",
         r"(?:(?<![A-Za-z0-9])EAAA[A-Za-z0-9_-]{60}|sq0atp-[A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])"),
    _row("facebook-token", "EAA", r"(?<![A-Za-z0-9])EAA[A-Za-z0-9]{80,300}", mixed=True),
    _row("twilio-key", "SK AC", r"(?<![A-Za-z0-9])(?:SK|AC)[a-f0-9]{32}(?![A-Za-z0-9])"),
    _row("telegram-token", ":AA", r"(?:(?<=bot)|(?<![A-Za-z0-9]))\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])"),
    _row("brevo-key", "xkeysib-", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    _row("braintree-token", "access_token$", r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    _row("resend-key", "re_", r"(?<![A-Za-z0-9_])re_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,32}(?![A-Za-z0-9_])", mixed=True),
    _row("supabase-key", "sbp_ sb_secret_", r"sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,60}"),
    _row("fly-token", "FlyV1 fo1_ fm2_", r"(?:FlyV1 )?\bfm[12]_[A-Za-z0-9+/=_-]{60,2000}|\bfo1_[A-Za-z0-9_-]{43}"),
    _row("render-key", "rnd_", r"(?<![A-Za-z0-9_])rnd_[A-Za-z0-9]{28,40}(?![A-Za-z0-9_])", mixed=True),
    _row("netlify-token", "nfp_", r"(?<![A-Za-z0-9_])nfp_[A-Za-z0-9]{36,40}"),
    _row("heroku-key", "HRKU-", r"HRKU-[A-Za-z0-9_-]{36,100}"),
    _row("cloudflare-key", "v1.0-", r"(?<![\w.])v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    _row("planetscale-token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}"),
    _row("doppler-token", "dp.",
         r"(?<![A-Za-z0-9])dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    _row("pulumi-token", "pul-", r"(?<![A-Za-z0-9])pul-[a-f0-9]{40}"),
    _row("terraform-token", ".atlasv1.", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}"),
    _row("sentry-token", "sntrys_ sntryu_", r"sntrys_eyJ[A-Za-z0-9+/=_-]{40,400}|sntryu_[a-f0-9]{64}"),
    _row("newrelic-key", "NRAK- NRJS- NRRA- NRII-",
         r"(?<![A-Za-z0-9])(?:NRAK-[A-Z0-9]{27}|NRJS-[a-f0-9]{19}|NRRA-[a-f0-9]{42}|"
         r"NRII-[A-Za-z0-9_-]{32})"),
    _row("grafana-token", "glc_", r"(?<![A-Za-z0-9])glc_[A-Za-z0-9+/=]{32,400}"),
    _row("dynatrace-token", "dt0", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    _row("airtable-token", "pat", r"(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    _row("notion-key", "secret_", r"(?<![A-Za-z0-9_])secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    _row("linear-key", "lin_oauth_", r"lin_oauth_[A-Za-z0-9]{32,70}"),
    _row("figma-token", "figd_", r"figd_[A-Za-z0-9_-]{38,50}"),
    _row("atlassian-token", "ATCTT3 ATBB",
         r"ATCTT3[A-Za-z0-9_=-]{100,300}|(?<![A-Za-z0-9])ATBB[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _row("postman-key", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _row("rubygems-key", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    _row("crates-token", "cio", r"(?<![A-Za-z0-9])cio[A-Za-z0-9]{32}(?![A-Za-z0-9])", mixed=True),
    _row("nuget-key", "oy2", r"(?<![A-Za-z0-9])oy2[a-z0-9]{43}(?![A-Za-z0-9])"),
    _row("clojars-token", "CLOJARS_", r"CLOJARS_[a-z0-9]{60}"),
    _row("perplexity-key", "pplx-", r"pplx-[A-Za-z0-9]{40,64}"),
    _row("together-key", "tgp_v1_", r"tgp_v1_[A-Za-z0-9_-]{40,60}"),
    _row("tavily-key", "tvly-", r"tvly-[A-Za-z0-9-]{20,60}"),
    _row("langsmith-key", "lsv2_", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    _row("nvidia-key", "nvapi-", r"nvapi-[A-Za-z0-9_-]{60,80}"),
    _row("pinecone-key", "pcsk_", r"pcsk_[A-Za-z0-9_]{40,100}"),
    _row("elevenlabs-key", "sk_", r"(?<![A-Za-z0-9_])sk_[a-f0-9]{48}(?![A-Za-z0-9])"),
    _row("mapbox-token", "sk.eyJ", r"sk\.eyJ[A-Za-z0-9_-]{20,300}\.[A-Za-z0-9_-]{20,60}"),
    _row("dropbox-token", "sl.", r"(?<![\w.])sl\.(?:u\.)?[A-Za-z0-9_-]{100,1400}"),
    _row("contentful-token", "CFPAT-", r"CFPAT-[A-Za-z0-9_-]{43}"),
    _row("plaid-token", "access-",
         r"access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    _row("flutterwave-key", "FLWSECK", r"FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,40}-X"),
    _row("mailchimp-key", "-us", r"(?<![A-Za-z0-9])[0-9a-f]{32}-us[0-9]{1,2}(?![0-9A-Za-z])"),
    _row("easypost-key", "EZAK EZTK", r"(?<![A-Za-z0-9])EZ[AT]K[A-Za-z0-9]{54}"),
    _row("tailscale-key", "tskey-", r"tskey-[a-z]{2,12}-[A-Za-z0-9]{8,30}-[A-Za-z0-9]{16,60}"),
    _row("onepassword-token", "ops_eyJ", r"ops_eyJ[A-Za-z0-9_=+/-]{100,2000}"),
    _row("onepassword-key", "A3-",
         r"(?<![A-Za-z0-9-])A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    _row("artifactory-key", "AKCp cmVmdGtu",
         r"(?<![A-Za-z0-9])(?:AKCp[A-Za-z0-9]{69,73}|cmVmdGtu[A-Za-z0-9]{56})(?![A-Za-z0-9])"),
    _row("sonar-token", "sqp_ squ_ sqa_", r"(?<![A-Za-z0-9])sq[pua]_[a-f0-9]{40}"),
    _row("buildkite-token", "bkua_ bkpat_", r"bk(?:ua|pat)_[a-f0-9]{40}"),
    _row("circleci-token", "CCIPAT_ CCIPRJ_", r"CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}"),
    _row("posthog-key", "phx_", r"(?<![A-Za-z0-9])phx_[A-Za-z0-9]{40,64}"),
    _row("prefect-key", "pnu_ pnb_", r"(?<![A-Za-z0-9])pn[ub]_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    _row("sourcegraph-token", "sgp_", r"(?<![A-Za-z0-9])sgp_(?:[a-fA-F0-9]{16}_|local_)?[a-fA-F0-9]{40}"),
    _row("openshift-token", "sha256~", r"sha256~[A-Za-z0-9_-]{43}"),
    _row("alibaba-key", "LTAI", r"(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{17,21}(?![A-Za-z0-9])"),
    _row("tencent-key", "AKID", r"(?<![A-Za-z0-9])AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _row("yandex-key", "AQVN", r"(?<![A-Za-z0-9])AQVN[A-Za-z0-9_-]{35,38}(?![A-Za-z0-9_-])"),
    _row("discord-token", "MT Mz Nz NT Nj OT OD ND Nz Mj", r"(?<![\w.-])[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\."
         r"[A-Za-z0-9_-]{27,40}(?![\w-])", mixed=True),
    _row("jwt", "eyJ",
         r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{2,8000}(?:\.[A-Za-z0-9_-]{0,2000})?"),
    _row("azure-sas", "sig=", r"[?&]sig=([A-Za-z0-9%/+=]{30,100})"),
    _row("azure-storage-key", "AccountKey=", r"AccountKey=([A-Za-z0-9+/=]{60,100})"),
    _row("basic-auth", "authorization", _HEADER + r"basic\s{1,4}([a-z0-9+/=]{8,500})", lower=True, named=True),
    _row("bearer-token", "authorization",
         _HEADER + r"(?:bearer|token|apikey)\s{1,4}([a-z0-9._~+/=-]{8,4000})",
         lower=True, named=True),
    _row("bearer-token", "bearer", r"\bbearer\s{1,4}([a-z0-9._~+/=-]{16,4000})", mixed=True, lower=True, named=True),
    _row("password", "curl wget",
         r"\b(?:curl|wget)\b[^\n]{0,300}?[\s\"'](?:-u|--user)(?:=|" + _GAP
         + r")?[\"']?[^\s:\"']{1,80}:([^\s\"']{3,200})",
         lower=True, named=True),
    _row("password", "mysql mariadb sshpass",
         r"\b(?:(?:mysql|mariadb)\w{0,10}\b[^\n]{0,200}?[\s\"']-p|sshpass" + _GAP + r"-p(?:" + _GAP + r")?)[\"']?"
         r"([^\s\"'-][^\s\"']{3,200})", lower=True, named=True),
    _row("password", "docker podman helm crane buildah skopeo nerdctl",
         r"\b(?:docker|podman|helm|crane|buildah|skopeo|nerdctl)\b[^\n]{0,40}?\blogin\b[^\n]{0,200}?[\s\"']-p" + _GAP
         + r"[\"']?"
         r"([^\s\"'-][^\s\"']{3,600})", lower=True, named=True),
    _row("password", "htpasswd",
         r"\bhtpasswd\b(?:" + _GAP + r"-\w{1,6}){0,3}" + _GAP + r"-\w{0,4}b\w{0,4}(?:" + _GAP
         + r"[^\s\"']{1,200}){0,1}" + _GAP
         + r"[^\s\"']{1,80}" + _GAP + r"[\"']?([^\s\"']{4,200})", lower=True, named=True),
    _row("password", "--password-stdin sudo --passphrase-fd",
         r"\becho\s{1,4}(?:-n\s{1,4})?[\"']?([^\s\"'|]{4,200})[\"']?\s{0,4}"
         r"\|[^\n|]{0,160}(?:--password-stdin|sudo -s|--passphrase-fd)",
         lower=True, named=True),
    _row("password", "machine", r"machine\s{1,8}\S{1,200}\s{1,8}login\s{1,8}\S{1,200}\s{1,8}password\s{1,8}(\S{3,300})",
         lower=True, named=True),
    _row("password", "pgpass :5432: :*:",
         r"^[ \t]*[\w.*-]{1,100}:(?:\d{2,5}|\*):[\w*-]{1,64}:[\w*.@-]{1,64}:([^\s:]{4,200})[ \t]*$",
         named=True),
    _row("registry-auth", '"auth"', r"\"auth\"\s{0,4}:\s{0,4}\"([A-Za-z0-9+/=]{12,600})\"", named=True),
    _row("cookie", "cookie sessid session_id sessionid connect.sid",
         r"(?:\b(?:set-)?cookie\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?[\w.-]{1,64}|"
         r"\b(?:phpsessid|jsessionid|asp\.net_sessionid|session_?id|connect\.sid))"
         r"=([\w%.~+/-]{16,4000})", mixed=True, lower=True, named=True),
)  # fmt: skip
"""Our own table, in the order in which it is applied."""

IN_RUNS = tuple(pattern for pattern in OWN if pattern.in_runs)
ELSEWHERE = tuple(pattern for pattern in OWN if not pattern.in_runs)
"""Those that only a long run of characters can match, which come first, and all others."""

_LIBRARY: tuple[tuple[str, str, str, str], ...] = (
    ("square_oauth", "SquareOAuthDetector", "square-secret", "sq0csp"),
    ("softlayer", "SoftlayerDetector", "softlayer-key", "softlayer"),
    ("cloudant", "CloudantDetector", "cloudant-key", "cloudant"),
    ("ibm_cloud_iam", "IbmCloudIamDetector", "ibm-cloud-key", "ibm_ ibm- iam_ iam-"),
    ("ibm_cos_hmac", "IbmCosHmacDetector", "ibm-cos-key", "ibm_cos ibm-cos cos_hmac cos-hmac"),
)
"""Plugins of detect-secrets whose expressions are exact and bounded: module, class, kind, hints."""


def foreign_patterns(low: str) -> Iterator[SecretPattern]:
    """The expressions taken from detect-secrets of which the text, in lower case ``low``, has a hint."""
    for module, name, kind, hints in _LIBRARY:
        if any(hint in low for hint in hints.split()):
            yield from _foreign(module, name, kind)


@cache
def _foreign(module: str, name: str, kind: str) -> tuple[SecretPattern, ...]:
    # Importing the library takes 0.1 s, hence only where it may find something.
    from importlib import import_module

    detector = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
    return tuple(SecretPattern(kind, (), regex, mixed=True) for regex in detector.denylist)


PEM_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9 ]{0,40})PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d")
_PEM_BODY = re.compile(
    r"(?:[\s>+|*\"',-]|\\[nr]|[A-Za-z0-9+/=]{16,128}|[A-Z][A-Za-z]{2,20}-?[A-Za-z]{0,20}: ?[^\n\\]{0,200})*"
)


_BODY_LINE = re.compile(r"[A-Za-z0-9+/=]{32}")


def private_keys(text: str) -> Iterator[tuple[int, int, str]]:
    """The spans of private key blocks, from BEGIN to END, or as far as the key material goes where END is missing.

    A block without any material, as in a manual, is none.
    """
    if "PRIVATE KEY" not in text and "PuTTY-User-Key-File" not in text:
        return
    position = 0
    while begin := PEM_BEGIN.search(text, position):
        end = text.find("-----END ", begin.end(), begin.end() + 20_000)
        if end >= 0 and "PRIVATE KEY" in text[end : end + 60]:
            close = text.find("-----", end + 9, end + 80)
            position = close + 5 if close >= 0 else end + 9
        else:
            body = _PEM_BODY.match(text, begin.end(), begin.end() + 20_000)
            position = body.end() if body else begin.end()
        if _BODY_LINE.search(text, begin.end(), position):
            yield begin.start(), position, "private-key"
