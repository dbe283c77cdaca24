"""The services of a GameDay work through the gate with plain boto3."""

import json
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from tests.labs.gate.process import Account, RunningGate, refusal

pytestmark = pytest.mark.services


def test_s3_with_default_checksums_and_awkward_keys(gate: RunningGate, account: Account) -> None:
    s3 = gate.client("s3", account.admin)
    bucket = f"eggs-{account.id}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert s3.get_object(Bucket=bucket, Key="empty")["Body"].read() == b""
    s3.delete_object(Bucket=bucket, Key="empty")
    keys = ["plain", "a folder/with spaces", "ü+%20/é&=?", "double//slash", "trailing/"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys] == keys
    assert sorted(entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]) == sorted(keys)
    assert refusal(s3.get_object, Bucket=bucket, Key="none") == ("NoSuchKey", 404)
    assert refusal(s3.head_object, Bucket=bucket, Key="none") == ("404", 404)


def test_a_large_object_arrives_whole(gate: RunningGate, account: Account) -> None:
    s3 = gate.client("s3", account.admin)
    bucket = f"large-{account.id}"
    s3.create_bucket(Bucket=bucket)
    body = bytes(range(256)) * 12_000
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(body)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_a_presigned_address_works_and_cannot_be_bent(gate: RunningGate, account: Account) -> None:
    s3 = gate.client("s3", account.admin)
    bucket = f"signed-{account.id}"
    s3.create_bucket(Bucket=bucket)
    for key in ("public egg", "secret"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "public egg"}, ExpiresIn=60)
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"public egg"
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(url.replace("public%20egg", "secret"), timeout=10)
    assert caught.value.code == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in caught.value.read()


def test_dynamodb(gate: RunningGate, account: Account) -> None:
    dynamodb = gate.client("dynamodb", account.admin, "eu-west-1")
    dynamodb.create_table(
        TableName="birds",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="birds", Item={"id": {"S": "&Action=DeleteTable&"}})
    assert dynamodb.scan(TableName="birds")["Items"] == [{"id": {"S": "&Action=DeleteTable&"}}]
    assert gate.client("dynamodb", account.admin, "eu-central-1").list_tables()["TableNames"] == []


def test_sqs_waits_without_holding_up_others(gate: RunningGate, account: Account) -> None:
    sqs = gate.client("sqs", account.admin)
    queue = sqs.create_queue(QueueName="letters")["QueueUrl"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gate.client("sqs", account.admin).receive_message, QueueUrl=queue, WaitTimeSeconds=20)
        sqs.send_message(QueueUrl=queue, MessageBody="egg")
        assert [message["Body"] for message in waiting.result(timeout=15)["Messages"]] == ["egg"]


def test_ec2(gate: RunningGate, account: Account) -> None:
    ec2 = gate.client("ec2", account.admin, "eu-west-1")
    group = ec2.create_security_group(GroupName="nest", Description="A nest")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    described = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert described["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    assert described["OwnerId"] == account.id


def test_cloudformation_builds_in_the_callers_account_and_region(gate: RunningGate, account: Account) -> None:
    stacks = gate.client("cloudformation", account.admin, "eu-west-1")
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "built"}}}}
    stacks.create_stack(StackName="starter", TemplateBody=json.dumps(template))
    assert stacks.describe_stacks(StackName="starter")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    queues = gate.client("sqs", account.admin, "eu-west-1").list_queues()["QueueUrls"]
    assert [url.rpartition("/")[2] for url in queues] == ["built"]


def test_logs_metrics_and_events_answer(gate: RunningGate, account: Account) -> None:
    assert gate.client("logs", account.admin).describe_log_groups()["logGroups"] == []
    assert gate.client("cloudwatch", account.admin).list_metrics()["Metrics"] == []
    assert gate.client("events", account.admin).list_rules()["Rules"] == []


def test_the_simulator_calls_no_outside_address(gate: RunningGate, account: Account) -> None:
    sns = gate.client("sns", account.admin)
    topic = sns.create_topic(Name="calls")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{gate.url}/_gate/health")
    assert sns.publish(TopicArn=topic, Message="hello")["MessageId"]


def test_what_is_not_simulated_is_said_in_the_services_own_shape(gate: RunningGate, account: Account) -> None:
    assert refusal(gate.client("dynamodb", account.admin).list_imports) == ("NotImplementedException", 501)
    assert refusal(gate.client("sts").get_session_token) == ("NotImplemented", 501)


def test_concurrent_callers_lose_nothing(gate: RunningGate, account: Account) -> None:
    sqs = gate.client("sqs", account.admin)
    queue = sqs.create_queue(QueueName="busy")["QueueUrl"]
    bodies = [f"m{number}" for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: sqs.send_message(QueueUrl=queue, MessageBody=body), bodies))
    received: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        received += [message["Body"] for message in messages]
    assert sorted(received) == sorted(bodies)


def test_open_connections_of_many_callers_keep_nobody_out(gate: RunningGate) -> None:
    address = urlsplit(gate.url)
    with ExitStack() as held:
        for _ in range(150):
            held.enter_context(socket.create_connection((address.hostname, address.port), timeout=10))

        assert gate.client("sts").get_caller_identity()["Account"]
