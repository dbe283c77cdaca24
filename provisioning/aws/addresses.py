"""The addresses at which things of an account can be reached from outside, listed by the kind of host asked for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from provisioning.aws.errors import Missing
from provisioning.aws.hub import HOME_REGION
from provisioning.aws.sessions import Session


@dataclass(frozen=True)
class Addresses:
    """Names that nobody but the account can have, in lower case, and public IP addresses."""

    names: frozenset[str] = frozenset()
    ips: frozenset[str] = frozenset()


def addresses_like(session: Session, host: str, regions: Iterable[str]) -> Addresses:
    """List what an account has of the kind of address that `host` is: one or two calls per region.

    An own domain is looked for among the distributions' aliases and API Gateway's; any other host is one of the public
    IP addresses. Raises an AwsError: what could not be listed is unknown.
    """
    for suffix, names_in in _BY_SUFFIX:
        if host.endswith(suffix):
            return Addresses(
                names=_lower(name for region in _places(suffix, regions) for name in names_in(session, region))
            )
    return Addresses(
        names=_lower([*_distributions(session, HOME_REGION), *(n for r in regions for n in _domains(session, r))]),
        ips=frozenset(ip for region in regions for ip in _public_ips(session, region)),
    )


def _places(suffix: str, regions: Iterable[str]) -> Iterable[str]:
    return [HOME_REGION] if suffix == ".cloudfront.net" else regions


def _lower(names: Iterable[str | None]) -> frozenset[str]:
    return frozenset(name.lower() for name in names if name)


def _apis(session: Session, region: str) -> list[str]:
    rest = session.items("apigateway", "get_rest_apis", "items[].id", region=region)
    web = session.items("apigatewayv2", "get_apis", "Items[].ApiId", region=region)
    return [f"{each}.execute-api.{region}.amazonaws.com" for each in [*rest, *web]]


def _domains(session: Session, region: str) -> list[str]:
    return session.items("apigatewayv2", "get_domain_names", "Items[].DomainName", region=region)


def _load_balancers(session: Session, region: str) -> list[str]:
    return [
        *session.items("elbv2", "describe_load_balancers", "LoadBalancers[].DNSName", region=region),
        *session.items("elb", "describe_load_balancers", "LoadBalancerDescriptions[].DNSName", region=region),
    ]


def _function_urls(session: Session, region: str) -> list[str]:
    hosts = []
    for function in session.items("lambda", "list_functions", "Functions[].FunctionName", region=region):
        try:
            url = session.call("lambda", "get_function_url_config", region=region, FunctionName=function)["FunctionUrl"]
        except Missing:
            continue
        hosts.append(urlsplit(url).hostname or "")
    return hosts


def _distributions(session: Session, region: str) -> list[str]:
    path = "DistributionList.Items[].[DomainName, Aliases.Items[]][] | [][]"
    return [
        name
        for found in session.items("cloudfront", "list_distributions", path, region=region)
        for name in (found if isinstance(found, list) else [found])
    ]


def _public_ips(session: Session, region: str) -> list[str]:
    interfaces = (
        "Reservations[].Instances[].[PublicIpAddress, NetworkInterfaces[].Ipv6Addresses[].Ipv6Address][] | [][]"
    )
    return [
        *session.items("ec2", "describe_addresses", "Addresses[].PublicIp", region=region),
        *session.items("ec2", "describe_instances", interfaces, region=region),
    ]


_BY_SUFFIX: tuple[tuple[str, Callable[[Session, str], list[str]]], ...] = (
    (".amazonaws.com", lambda session, region: [*_apis(session, region), *_load_balancers(session, region)]),
    (".on.aws", _function_urls),
    (".cloudfront.net", _distributions),
)
