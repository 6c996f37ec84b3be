"""``tinycnn explain`` as its users meet it."""

from dataclasses import replace
from types import MappingProxyType

from tinycnn.theory import claims


def test_a_derivation_is_printed_in_numbered_steps_and_ends_in_a_verdict(tinycnn):
    found = tinycnn("explain", "recovery.rho_patch")
    text = "\n".join(found.out)
    assert found.status == 0
    assert all(f" {number}. " in text for number in range(1, 5))
    assert "ρ = (π η p - 1) / N  =  1.037" in text
    assert "predicted  1.037" in text
    assert found.out[-1].endswith("holds, as recorded")


def test_a_claim_without_steps_still_says_what_it_assumes_and_how_it_is_judged(tinycnn):
    text = "\n".join(tinycnn("explain", "noise.completeness").out)
    for word in ("formula", "assumes", "source", "setting", "predicted", "measured", "rule", "verdict"):
        assert f"\n{word} " in text


def test_without_a_claim_all_are_listed(tinycnn):
    found = tinycnn("explain")
    assert found.status == 0
    assert all(any(line.startswith(id) for line in found.out) for id in claims.CLAIMS)


def test_an_unknown_claim_has_near_names(tinycnn):
    found = tinycnn("explain", "limit.meen")
    assert found.status == 1
    assert "did you mean limit.mean" in found.err[0]


def test_a_verdict_that_surprises_fails(tinycnn, monkeypatch):
    claim = replace(claims.CLAIMS["noise.completeness"], predict=lambda setting: -1.0)
    monkeypatch.setattr(claims, "CLAIMS", MappingProxyType({claim.id: claim}))
    found = tinycnn("explain", claim.id)
    assert found.status == 1
    assert found.out[-1] == "verdict    fails, but recorded as one that holds"


def test_a_claim_without_a_derivation_says_so(tinycnn, monkeypatch):
    claim = replace(claims.CLAIMS["noise.completeness"], id="noise.new")
    monkeypatch.setattr(claims, "CLAIMS", MappingProxyType({claim.id: claim}))
    found = tinycnn("explain", claim.id)
    assert found.status == 0
    assert "No derivation is on record for this claim." in found.out


def test_the_formula_is_in_symbols_with_its_letters_and_fits_the_terminal(tinycnn, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    found = tinycnn("explain", "recovery.rho_patch")
    text = "\n".join(found.out)
    assert "ρ = ((πη T + 2π X) / (N |m|²)) - (1 / N)" in text
    assert "\\" not in text
    assert "    N  number of filters" in found.out
    said = found.out[: found.out.index("")] + [line for line in found.out if line.startswith("assumes")]
    assert all(len(line) <= 60 for line in said[2:])
