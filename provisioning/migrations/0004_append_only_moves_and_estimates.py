"""Moves of accounts and estimates of cost are facts too."""

from django.db import migrations

TABLES = ("provisioning_accountmove", "provisioning_costestimate")

TRIGGER = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION provisioning_refuse_change()
"""


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0003_pool_cost_and_access")]

    operations = [
        migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER append_only ON {table}") for table in TABLES
    ]
