# Needs Node and nothing else; the first command of a fresh clone installs the rest.

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check generate_version_table_migration

# npm writes this file at the end of an installation.
INSTALLED := node_modules/.package-lock.json

$(INSTALLED): package-lock.json
	npm ci
	@touch $@

help: ## say what there is
	@sed -n 's/^\([a-z_-]*\):.* ## \(.*\)/make \1: \2/p' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## give the mines a history, change some, read it back; changes no file here
	@npm run --silent demo

test: $(INSTALLED) ## run the tests under Node and Deno, on PGlite and on Postgres 14 and 18
	@npm test --silent

test-all: $(INSTALLED) ## the same on Postgres 14 to 18
	@npm run --silent test:all

check: $(INSTALLED) ## formatting, lint, types, unused code, the package
	@npm run --silent check

# On fixtures/mines; or, with MODELS or MIGRATIONS (and OUT, DATABASE_URL), on a project of one's own.
generate_version_table_migration: $(INSTALLED) ## TABLE=mine: write its migrations and accessor
	@test -n "$$TABLE" || { echo 'Which table? make $@ TABLE=mine' >&2; exit 2; }
	@node --import tsx cli/main.ts --table "$$TABLE" \
	    $${MODELS:+--models "$$MODELS"} $${MIGRATIONS:+--migrations "$$MIGRATIONS"} $${OUT:+--out "$$OUT"} \
	    $(if $(MODELS)$(MIGRATIONS),,--config fixtures/mines/versiongen.config.ts)
