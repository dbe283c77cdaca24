"""The price table knows every type that the sweeper knows, and prices the unknown to the dearer side."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from provisioning.aws import prices, sweeper
from provisioning.aws.prices import BadPriceTable
from provisioning.aws.sweeper import Resource


def _resource(price: str, region: str = "us-east-1", **details: str) -> Resource:
    return Resource(price, f"arn:aws:{price}", region, "handle", details=details, price=price)


def test_every_type_that_the_sweeper_knows_has_a_price_or_a_reason_to_have_none() -> None:
    known = prices.table()
    free = [name for group in known.free for name in group.types]

    assert sorted(free) == sorted(kind.name for kind in sweeper.ALL if not kind.price)
    assert set(known.entries) == {kind.price for kind in sweeper.ALL if kind.price}


def test_every_price_depends_only_on_details_that_a_listing_tells() -> None:
    told: dict[str, set[str]] = {}
    for kind in sweeper.ALL:
        details = getattr(kind.find, "details", None)
        # Snapshots are listed by a function of their own, which tells their size.
        told.setdefault(kind.price, set()).update(details if details is not None else ["size_gib"])

    for name, parts in prices.table().entries.items():
        wanted = {detail for part in parts for detail in (part.by, part.times, *part.unless) if detail}
        assert wanted <= told[name], name


@pytest.mark.parametrize(
    ("resource", "usd_per_hour"),
    [
        (_resource("ec2:instance", instance_type="t3.micro", state="running"), "0.0104"),
        (_resource("ec2:instance", instance_type="t3.micro", state="stopped"), "0"),
        (_resource("ec2:instance", instance_type="t3.micro"), "0.0104"),
        (_resource("ec2:instance", "eu-central-1", instance_type="t3.micro", state="running"), "0.01196"),
        (_resource("ec2:instance", "xx-new-1", instance_type="t3.micro", state="running"), "0.01768"),
        (_resource("ec2:volume", volume_type="gp3", size_gib="73"), "0.008"),
        (_resource("ec2:volume", volume_type="io1", size_gib="73", iops="730"), "0.0775"),
        (_resource("ec2:vpc-endpoint", endpoint_type="Gateway", zones="0"), "0"),
        (_resource("ec2:vpc-endpoint", endpoint_type="Interface", zones="3"), "0.03"),
        (_resource("dynamodb:table", billing_mode="PAY_PER_REQUEST", read_units="0", size_bytes="0"), "0"),
        (_resource("dynamodb:table", read_units="10", write_units="10", size_bytes="0"), "0.0078"),
        (_resource("ecs:task", launch_type="FARGATE", cpu_units="512", memory_mib="1024"), "0.024685"),
        (_resource("ecs:task", launch_type="EC2", cpu_units="512", memory_mib="1024"), "0"),
        (_resource("rds:db-instance", instance_class="db.t3.micro", multi_az="True", status="available", size_gib="0"),
         "0.036"),
        (_resource("rds:db-instance", instance_class="db.t3.micro", multi_az="False", status="stopped", size_gib="0"),
         "0"),
        (_resource("kms:key"), "0.00136986"),
        (_resource(""), "0"),
    ],
)  # fmt: skip
def test_a_resource_costs_what_its_details_say(resource: Resource, usd_per_hour: str) -> None:
    if resource.price.startswith("rds"):
        resource.details["storage_type"] = "gp3"  # type: ignore[index]

    assert prices.rate(resource).usd_per_hour.quantize(Decimal("1e-8")) == Decimal(usd_per_hour)


def test_an_unknown_type_costs_as_much_as_the_dearest_known_and_says_so() -> None:
    rate = prices.rate(_resource("ec2:instance", instance_type="p5.48xlarge", state="running"))

    assert rate.usd_per_hour == max(prices.table().tables["instances"].values())
    assert rate.note == "no price is known for p5.48xlarge: counted as g5.2xlarge"


def test_an_unknown_size_is_no_silent_zero() -> None:
    rate = prices.rate(_resource("elasticache:snapshot"))

    assert rate.usd_per_hour > 0
    assert rate.note == "its size is not known: counted as 1 GiB"


def test_a_wrong_table_names_entry_and_field(tmp_path: Path) -> None:
    document = yaml.safe_load(prices.TABLE.read_text())
    document["entries"]["kms:key"] = [{"usd": -1, "per": "year"}]
    document["tables"]["instances"]["t3.nano"] = "cheap"
    broken = tmp_path / "prices.yaml"
    broken.write_text(yaml.safe_dump(document))

    with pytest.raises(BadPriceTable) as refusal:
        prices.load(broken)

    message = str(refusal.value)
    assert "entries.kms:key.0.per: " in message
    assert "entries.kms:key.0.usd" in message
    assert "tables.instances.t3.nano: " in message


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"usd": "instances"}, "`usd` names a table exactly when `by` names the detail"),
        ({"usd": "nowhere", "by": "instance_type"}, "entries.kms:key: there is no table 'nowhere'"),
    ],
)
def test_a_lookup_without_a_table_is_refused(tmp_path: Path, part: dict[str, str], said: str) -> None:
    document = yaml.safe_load(prices.TABLE.read_text())
    document["entries"]["kms:key"] = [part]
    broken = tmp_path / "prices.yaml"
    broken.write_text(yaml.safe_dump(document))

    with pytest.raises(BadPriceTable, match=said):
        prices.load(broken)
