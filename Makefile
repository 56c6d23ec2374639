# A thin alias: `make book` is `python3 tasks.py book`. More arguments: make test ARGS="-- -k elbo"
PYTHON ?= python3

.PHONY: setup book test lab serve clean
setup book test lab serve clean:
	@$(PYTHON) tasks.py $@ $(ARGS)
