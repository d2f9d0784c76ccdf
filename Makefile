# Everything is done by the scripts in tools/, which also run where there is no make: python tools/test.py
PYTHON ?= python3

.PHONY: help demo test grid wheels bench lint docs dev clean

help:
	@echo "make demo    build, dump with one Python, run in every other one found here"
	@echo "make test    build the wheels and pass every test"
	@echo "make grid    real engines (Dask, Ray, Spark ...) with workers of every Python found here, after make test"
	@echo "make wheels  build the wheels and the source distribution into dist/"
	@echo "make bench   speed and size beside cloudpickle, dill and pickle, in one run"
	@echo "make lint    formatters, linters and type checker alone"
	@echo "make docs    the documentation as pages, into .cache/documentation"
	@echo "make dev     build the native module into python/codepickle for working in place"
	@echo "make clean   remove what these commands made, Cargo's target/ excepted"

demo:
	@$(PYTHON) tools/demo.py

test:
	@$(PYTHON) tools/test.py

grid:
	@$(PYTHON) tests/engines/run.py
	@$(PYTHON) tests/engines/over_ssh.py
	@$(PYTHON) tests/volunteer/run.py

wheels:
	@$(PYTHON) tools/build.py wheels

bench:
	@$(PYTHON) tools/bench.py

lint:
	@$(PYTHON) tools/test.py --only lint

docs:
	@$(PYTHON) tools/test.py --no-build --only "lint: python,lint: documentation"

dev:
	@$(PYTHON) tools/build.py dev

clean:
	rm -rf dist .venv .cache
	rm -f python/codepickle/_native.abi3.so python/codepickle/_native.pyd
