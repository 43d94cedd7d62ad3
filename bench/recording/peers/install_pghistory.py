"""django-pghistory's own event table and triggers for the table of the benchmark: by row, or by statement."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from urllib.parse import unquote, urlparse

import django
from django.conf import settings

# Django wants an app; this file is all of it.
for name in ['bench', 'bench.models']:
    module = ModuleType(name)
    module.__file__ = __file__
    module.__path__ = []
    module.__spec__ = ModuleSpec(name, None)
    sys.modules[name] = module

url = urlparse(sys.argv[1])
settings.configure(
    INSTALLED_APPS=['pgtrigger', 'pghistory', 'bench'],
    DATABASES={
        'default': {
            'ENGINE': 'django.db.backends.postgresql',
            'NAME': unquote(url.path[1:]),
            'USER': url.username,
            'PASSWORD': url.password,
            'HOST': url.hostname,
            'PORT': url.port,
        }
    },
    DEFAULT_AUTO_FIELD='django.db.models.BigAutoField',
    USE_TZ=True,
)
django.setup()

import pghistory  # noqa: E402
import pgtrigger  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402

level = pgtrigger.Statement if sys.argv[2] == 'statement' else pgtrigger.Row


class StatusField(models.Field):
    def db_type(self, connection):
        return 'mine_status'


class NaiveTimestamp(models.DateTimeField):
    def db_type(self, connection):
        return 'timestamp without time zone'


@pghistory.track(
    pghistory.InsertEvent(level=level), pghistory.UpdateEvent(level=level), pghistory.DeleteEvent(level=level)
)
class Mine(models.Model):
    id = models.UUIDField(primary_key=True)
    mine_no = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    status = StatusField()
    region = models.CharField(max_length=50, null=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    major = models.BooleanField()
    ore_grade = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    note = models.CharField(max_length=500, null=True)
    permit = models.JSONField(null=True)
    deleted_ind = models.BooleanField()
    create_user = models.CharField(max_length=60)
    create_timestamp = NaiveTimestamp()
    update_user = models.CharField(max_length=60)
    update_timestamp = models.DateTimeField()

    class Meta:
        app_label = 'bench'
        db_table = 'mine'


call_command('migrate', 'pghistory', verbosity=0)
with connection.schema_editor() as editor:
    editor.create_model(Mine.pgh_event_model)
pgtrigger.install()
