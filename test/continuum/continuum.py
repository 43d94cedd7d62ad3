"""
SQLAlchemy-Continuum itself, told what to do line by line: reads JSON commands from standard input, answers each with one
line of JSON. Arguments: the database, and how Continuum is set up, as JSON.
"""

import json
import sys
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, configure_mappers, declarative_base, relationship
from sqlalchemy_continuum import count_versions, make_versioned, version_class, versioning_manager
from sqlalchemy_continuum.plugins import PropertyModTrackerPlugin

setup = json.loads(sys.argv[2])
engine = sa.create_engine(sys.argv[1], poolclass=sa.pool.NullPool)
make_versioned(
    user_cls=None,
    options={'native_versioning': setup['native'], 'strategy': setup['strategy']},
    plugins=[PropertyModTrackerPlugin()] if setup['modified'] else [],
)
Base = declarative_base()


class Mine(Base):
    __tablename__ = 'mine'
    __versioned__ = {'exclude': ['secret']}
    id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    name = sa.Column(sa.String(200))
    grade = sa.Column(sa.Numeric(10, 4))
    opened = sa.Column(sa.DateTime)
    active = sa.Column(sa.Boolean)
    secret = sa.Column(sa.String(60))
    permits = relationship('Permit', back_populates='mine', order_by='Permit.id')


class Permit(Base):
    __tablename__ = 'permit'
    __versioned__ = {}
    id = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    mine_id = sa.Column(sa.Integer, sa.ForeignKey('mine.id'))
    permit_no = sa.Column(sa.String(20))
    mine = relationship('Mine', back_populates='permits')


configure_mappers()
classes = {'mine': Mine, 'permit': Permit}
operations = ['insert', 'update', 'delete']


def plain(value):
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if hasattr(value, 'isoformat') else value


def columns_of(cls):
    return [c.name for c in cls.__table__.c if c.name != 'secret']


def data_of(version):
    return {name: plain(getattr(version, name)) for name in columns_of(parents[type(version)])}


parents = {version_class(cls): cls for cls in classes.values()}


def transaction_id(version):
    return None if version is None else str(version.transaction_id)


def create():
    with engine.begin() as connection:
        if setup['native']:
            connection.execute(sa.text('create extension if not exists hstore'))
        Base.metadata.create_all(connection)


def write(steps):
    """Each step is one transaction: a list of [operation, table, key, values]."""
    for step in steps:
        with Session(engine) as session:
            if setup['native'] and versioning_manager.options['versioning']:
                # Native triggers record nothing without a transaction row.
                versioning_manager.unit_of_work(session).create_transaction(session)
            for operation, table, key, values in step:
                cls = classes[table]
                if operation == 'insert':
                    session.add(cls(id=key, **values))
                else:
                    row = session.get(cls, key)
                    if operation == 'delete':
                        session.delete(row)
                    else:
                        for name, value in values.items():
                            setattr(row, name, value)
                session.flush()
            session.commit()


def read(table, key):
    """Everything Continuum says about one row: each version, its neighbours, and the row at every transaction."""
    cls = classes[table]
    version_cls = version_class(cls)
    with Session(engine) as session:
        query = session.query(version_cls).filter(version_cls.id == key).order_by(version_cls.transaction_id)
        versions = [
            {
                'transaction': str(version.transaction_id),
                'issued_at': plain(version.transaction.issued_at) if version.transaction else None,
                'remote_addr': version.transaction.remote_addr if version.transaction else None,
                'operation': operations[version.operation_type],
                'data': data_of(version),
                'changeset': {name: [plain(value) for value in change] for name, change in version.changeset.items()},
                'previous': transaction_id(version.previous),
                'next': transaction_id(version.next),
            }
            for version in query
        ]
        ids = [id for (id,) in session.query(versioning_manager.transaction_cls.id).order_by('id')]
        at = {}
        for id in ids:
            version = version_cls.version_at(session, {'id': key}, transaction_id=id)
            gone = version is None or version.operation_type == 2
            at[str(id)] = None if gone else str(version.transaction_id)
        linked = [str(v.transaction_id) for v in version_cls.all_versions(session, {'id': key}, desc=False)]
        row = session.get(cls, key)
        counted = None if row is None else count_versions(row)
        own = None if row is None else [str(v.transaction_id) for v in row.versions]
        return {'versions': versions, 'at': at, 'linked': linked, 'count': counted, 'own': own}


def permits(key):
    """For each version of a mine the permits it had, as its relationship tells them; for each permit version its mine."""
    with Session(engine) as session:
        version_cls = version_class(Mine)
        query = session.query(version_cls).filter(version_cls.id == key).order_by(version_cls.transaction_id)
        return {str(v.transaction_id): sorted([p.id, p.permit_no] for p in v.permits) for v in query}


def revert(table, key, transaction, relations):
    with Session(engine) as session:
        version_cls = version_class(classes[table])
        version_cls.version_at(session, {'id': key}, transaction_id=int(transaction)).revert(relations=relations)
        session.commit()


def stop():
    """From now on somebody else records; Continuum only reads and reverts."""
    versioning_manager.options['versioning'] = False
    versioning_manager.options['native_versioning'] = False


commands = {f.__name__: f for f in [create, write, read, permits, revert, stop]}
for line in sys.stdin:
    command, *arguments = json.loads(line)
    try:
        answer = {'result': commands[command](*arguments)}
    except Exception as error:
        answer = {'error': f'{command}: {type(error).__name__}: {error}'}
    print(json.dumps(answer), flush=True)
