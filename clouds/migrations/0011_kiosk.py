"""Kiosks: devices by a work on which people puff without a phone."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from clouds import groups

MAY = {"kiosk": "view add change"}


def allow(apps, schema_editor):
    for group in (groups.CURATORS, groups.OPERATORS):
        groups.allow(apps, group, MAY)


class Migration(migrations.Migration):

    dependencies = [
        ('clouds', '0010_people'),
    ]

    operations = [
        migrations.AlterField(
            model_name='act',
            name='kind',
            field=models.CharField(choices=[('stop', 'stopped everything'), ('release', 'released'), ('hold', 'held'), ('end_hold', 'ended a hold'), ('play', 'ran something now'), ('replace', 'replaced what played'), ('end', 'ended a run'), ('pause', 'paused a run'), ('resume', 'resumed a run'), ('skip', 'skipped a step'), ('note', 'noted a fill'), ('wish', 'asked something of a plug'), ('show', 'changed a show'), ('rehearse', 'rehearsed'), ('pass', 'changed a guest pass'), ('rename', 'replaced a name'), ('kiosk', 'changed a kiosk')], max_length=8, verbose_name='what'),
        ),
        migrations.CreateModel(
            name='Kiosk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(help_text='So that curators know it from others: Tablet at the entrance.', max_length=80, verbose_name='which device')),
                ('key', models.CharField(editable=False, max_length=64, unique=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('seen_at', models.DateTimeField(editable=False, null=True, verbose_name='last seen')),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('touched_at', models.DateTimeField(editable=False, null=True)),
                ('turns', models.PositiveIntegerField(default=0, editable=False)),
                ('cloud', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kiosks', to='clouds.cloud')),
                ('guest', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('guest_pass', models.ForeignKey(blank=True, help_text="What its code lets phones in by. Empty: the code leads to the cloud's page.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='clouds.guestpass', verbose_name='pass')),
                ('made_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'kiosk',
                'verbose_name_plural': 'kiosks',
                'ordering': ['-made_at', '-pk'],
            },
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
