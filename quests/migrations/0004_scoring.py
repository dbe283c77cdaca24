"""Pauses, void tasks, brackets, the frozen board, and a ledger whose sums are the standings."""

import django.db.models.deletion
from django.db import migrations, models


# What an entry adds to was read from its kind and key before; now the entry says it.
BACKFILL = """
ALTER TABLE quests_scoreentry DISABLE TRIGGER quests_scoreentry_append_only;
UPDATE quests_scoreentry SET
  hint_points = CASE WHEN kind = 'hint' THEN -points ELSE 0 END,
  tasks_done = CASE WHEN kind IN ('task', 'accepted') THEN 1 ELSE 0 END;
UPDATE quests_scoreentry AS entry SET
  task = quest.slug || '/' || task.slug,
  key = 'task:' || entry.enrollment_id || ':' || left(encode(sha256((quest.slug || '/' || task.slug)::bytea), 'hex'), 32)
FROM quests_task AS task JOIN quests_quest AS quest ON quest.id = task.quest_id
WHERE entry.kind IN ('task', 'accepted') AND entry.key LIKE 'task:%:%' AND task.id = split_part(entry.key, ':', 3)::bigint;
ALTER TABLE quests_scoreentry ENABLE TRIGGER quests_scoreentry_append_only;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('quests', '0003_playing'),
    ]

    operations = [
        migrations.CreateModel(
            name='FrozenStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.IntegerField(default=0)),
                ('hint_points', models.IntegerField(default=0, help_text='Spent on hints, positive.')),
                ('tasks_done', models.IntegerField(default=0)),
                ('last_gain_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('freezes', models.BooleanField(help_text='Nobody reaches a sandbox meanwhile.')),
                ('frozen', models.JSONField(default=list, help_text='The leases that this pause froze.')),
            ],
            options={
                'ordering': ['event', 'starts_at'],
            },
        ),
        migrations.CreateModel(
            name='TaskVoid',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('nobody', 'Nobody'), ('everybody', 'Everybody')], max_length=20)),
                ('reason', models.CharField(max_length=300)),
                ('by', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='enrollment',
            name='bracket',
            field=models.CharField(blank=True, help_text="One of the event's brackets, or none.", max_length=40),
        ),
        migrations.AddField(
            model_name='event',
            name='board_frozen_at',
            field=models.DateTimeField(help_text='Whose standings teams and coaches see.', null=True),
        ),
        migrations.AddField(
            model_name='event',
            name='brackets',
            field=models.JSONField(blank=True, default=list, help_text='Names of the groups that teams are ranked in.'),
        ),
        migrations.AddField(
            model_name='event',
            name='clock_version',
            field=models.PositiveIntegerField(default=0, help_text='Raised by each person who moves the clock.'),
        ),
        migrations.AddField(
            model_name='event',
            name='paused_at',
            field=models.DateTimeField(help_text='Since when the clock stands still.', null=True),
        ),
        migrations.AddField(
            model_name='scoreentry',
            name='hint_points',
            field=models.IntegerField(default=0, help_text='Spent on hints; negative when given back.'),
        ),
        migrations.AddField(
            model_name='scoreentry',
            name='reverses',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='quests.scoreentry'),
        ),
        migrations.AddField(
            model_name='scoreentry',
            name='task',
            field=models.CharField(blank=True, default='', help_text='Its path, quest/task: an event may adopt another release of its pack.', max_length=101),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='scoreentry',
            name='tasks_done',
            field=models.SmallIntegerField(default=0, help_text='How the number of finished tasks changes.'),
        ),
        migrations.AlterField(
            model_name='action',
            name='kind',
            field=models.CharField(choices=[('vend', 'Vend'), ('open', 'Open'), ('freeze_board', 'Freeze Board'), ('close', 'Close'), ('tear_down', 'Tear Down')], max_length=20),
        ),
        migrations.AlterField(
            model_name='event',
            name='state',
            field=models.CharField(choices=[('scheduled', 'Scheduled'), ('warming', 'Warming'), ('open', 'Open'), ('paused', 'Paused'), ('closed', 'Closed'), ('torn_down', 'Torn Down')], default='scheduled', max_length=20),
        ),
        migrations.AlterField(
            model_name='scoreentry',
            name='kind',
            field=models.CharField(choices=[('task', 'Task'), ('hint', 'Hint'), ('accepted', 'Accepted'), ('taken_back', 'Taken Back'), ('adjustment', 'Adjustment'), ('void', 'Void'), ('reversal', 'Reversal')], max_length=20),
        ),
        migrations.AlterField(
            model_name='standing',
            name='tasks_done',
            field=models.IntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='scoreentry',
            index=models.Index(fields=['event', 'at'], name='score_entry_trend'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paused_at__isnull', False), ('state', 'paused')), models.Q(models.Q(('state', 'paused'), _negated=True), ('paused_at__isnull', True)), _connector='OR'), name='event_paused_since_a_time'),
        ),
        migrations.AddField(
            model_name='frozenstanding',
            name='enrollment',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='frozen_standing', to='quests.enrollment'),
        ),
        migrations.AddField(
            model_name='frozenstanding',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='frozen_standings', to='quests.event'),
        ),
        migrations.AddField(
            model_name='pause',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='quests.event'),
        ),
        migrations.AddField(
            model_name='taskvoid',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='voids', to='quests.event'),
        ),
        migrations.AddField(
            model_name='taskvoid',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='quests.task'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('ends_at__isnull', True)), fields=('event',), name='pause_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gte', models.F('starts_at')), _connector='OR'), name='pause_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='taskvoid',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('event', 'task'), name='void_one_at_a_time'),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
