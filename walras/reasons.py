"""The reasons of all reverts, each with a sentence for people: what is wrong, and what to do about it.

Contracts, the reference model, tests, keepers and documents all use these exact strings and no others.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_BOOK: Final = {
    # Construction and settings.
    "book: no engine": "The engine is the zero address; give that of the engine's contract.",
    "book: no views": "The views are not a contract; give the address of OrderbookViews.",
    "book: interval too long": "A batch lasts less than 2**24 seconds; choose a shorter interval.",
    "book: bad minimum size": "The minimum order size lies between 1 and 2**20 - 1 lots; choose another.",
    "book: last grid": "Grid 255 is the last one and cannot be rescaled; open a new market instead.",
    # Who and when.
    "book: only engine": "Only the engine changes the book; make the call through the engine.",
    "book: batch closed": "The batch is over and its auction is due; run the auction, then try again.",
    "book: clear first": "Continuous mode takes one order between two auctions; run the auction first.",
    "book: batch not due": "The batch is still open; wait until its due time.",
    # A new order by itself.
    "book: tick outside grid": "Ticks run from 1 to 2**18 - 2; choose one of them.",
    "book: tick outside band": "The limit is too far from the market's price; choose one within the band.",
    "book: zero lots": "The call names no lots; give at least one.",
    "book: below minimum size": "The order is smaller than the market's minimum; make it larger.",
    "book: order too large": "One order holds less than 2**28 lots; split it.",
    "book: conflicting flags": "Batch-only excludes both post-only and an expiry; drop one of them.",
    "book: order expired": "The order's expiry has passed already; give a later one, or 0 for none.",
    "book: expiry too large": "An expiry is in unix seconds, below 2**40; give such a one, or 0 for none.",
    "book: client id too large": "A client id is below 2**128; choose a smaller one.",
    # A new order beside the others.
    "book: too many orders": "An account has at most 32 open orders in a market; cancel one first.",
    "book: account lots exceeded": "An account has less than 2**29 lots open a side; place fewer.",
    "book: self-trade": "The order crosses one of the same account; cancel that, or change the limit.",
    "book: post-only would cross": "The order crosses the resting book; change its limit, or drop the flag.",
    "book: block full": "The block of 4,096 ticks is full on this side; place fewer lots, or elsewhere.",
    # Cancelling and sweeping.
    "book: unknown order": "The account has no such order open (any more); list its open orders.",
    "book: not expired": "Neither the order's expiry nor its account's deadline has come; wait.",
    "book: deadline in the past": "The deadline has passed already; give a later one, or 0 to disarm.",
    # The auction.
    "book: reference outside grid": "The reference is a tick from 1 to 2**18 - 2; give one of them.",
    "book: funding index out of range": "Its magnitude is below 2**79; check its unit and its growth.",
    "book: vault quote too large": "The vault quotes less than 2**29 lots a side; quote fewer.",
    "book: vault quote outside grid": "The vault quotes at ticks 1 to 2**18 - 2; quote there, or 0 lots.",
    "book: vault quotes crossed": "The vault's bid must be below its ask; spread them, or quote one side.",
    # Views.
    "book: depth too large": "At most 64 levels a side are listed; ask for fewer.",
    "book: no such auction": "No auction has this number yet; market().auctions counts them.",
    "book: page too large": "A page of history has at most 64 records; ask for fewer.",
    "book: bad window": "A window starts before it ends, and ends no later than now; give another.",
    "book: no price yet": "No auction of the current grid had traded when the window starts; start later.",
}

_ROUTER: Final = {
    # Construction and settings.
    "router: no owner": "The owner is the zero address; give that of the timelock.",
    "router: no sequencer feed": "The uptime feed is not a contract; give its address, or zero for none.",
    "router: grace too long": "The grace after an outage is at most a day (86,400 s); choose a shorter one.",
    "router: no sources": "A market needs a source; list at least one.",
    "router: bad quorum": "The quorum lies between 1 and the number of sources; choose another.",
    "router: bad deviation guard": "The guard lies between 1 and 2,000 bps; choose another.",
    "router: bad outer guard": "The outer guard lies between the guard and 4,000 bps; choose another.",
    "router: bad move limit": "The largest move lies between 1 and 4,000 bps a second; choose another.",
    "router: bad spacing": "Observations are 1 to 1,000 seconds apart; choose another spacing.",
    "router: not a source": "A source is not a contract; deploy it first, or correct its address.",
    "router: source listed twice": "Each source counts once; list it once, with more weight if need be.",
    "router: bad weight": "A weight lies between 1 and 15; choose another.",
    "router: bad heartbeat": "A heartbeat lies between 1 and 172,800 seconds; choose another.",
    "router: bad confidence limit": "A confidence limit is no wider than the deviation guard; tighten it.",
    "router: bad gas limit": "A source gets 20,000 to 500,000 gas; choose a limit between them.",
    "router: step too large": "A change is of half of what was, or of a least step; docs/parameters.md.",
    "router: too soon": "A day lies between two changes of a market's guards, move limit and spacing; wait.",
    "router: halted before": "The guardian halts a market once, until the owner calls `resume`.",
    "router: not guardian or owner": "Only the guardian and the owner may halt a market; ask one of them.",
    # Prices.
    "router: unknown market": "No market of this number is configured; check the number.",
    "router: too little gas": "A source could not be given its gas; send the transaction with more gas.",
    "router: too many payloads": "There are more payloads than sources; give one a source, in their order.",
    "router: refund failed": "The caller does not take its change back; send exactly the sources' fees.",
    "router: bad window": "A window is at least one second and no longer than time; give another.",
    "router: not enough history": "The recorded prices do not reach back so far; take a shorter window.",
}

_GUARDIAN: Final = {
    "guardian: no owner": "The owner is the zero address; give that of the timelock.",
    "guardian: not a contract": "Engine and vault are contracts; give their addresses.",
    "guardian: other engine": "The vault is of another engine; give one of this engine.",
    "guardian: not the multisig": "Only the multisig acts here; call from its address.",
    "guardian: expired": "The guardian's powers have ended; governance may renew them.",
    "guardian: term too long": "Powers last 180 days at most; give an earlier time.",
}

_CHAINLINK: Final = {
    "chainlink: no aggregator": "The aggregator is not a contract; give the address of the feed's proxy.",
    "chainlink: threshold too wide": "A deviation threshold is at most 2,000 bps; give that of the feed.",
    "chainlink: too many decimals": "Answers have at most 36 decimals; use another feed.",
    "chainlink: incomplete round": "The newest round has no answer of its own; wait for one.",
    "chainlink: bad answer": "The answer is not positive, or absurdly large; wait for another.",
}

_PYTH: Final = {
    "pyth: no contract": "Pyth's contract is not one; give its address on this chain.",
    "pyth: bad price": "The feed's price is not positive; wait for another.",
    "pyth: bad exponent": "The feed's exponent lies outside -36 to 18; use another feed.",
}

_UNISWAP: Final = {
    # Construction.
    "uniswap: no pool": "The pool is not a contract; give the address of a Uniswap v3 pool.",
    "uniswap: not a token of the pool": "The pool trades other tokens; give its token0 or its token1.",
    "uniswap: bad window": "A window lasts from 60 seconds to a day; choose another.",
    "uniswap: bad minimum liquidity": "It lies between 1 and 2**128 - 1, in the pool's unit; choose another.",
    "uniswap: decimals too far apart": "One token has far more decimals than the other; use another pool.",
    # Reading.
    "uniswap: too little liquidity": "The pool was too thin during the window; wait, or use other sources.",
}

_REPORTS: Final = {
    # Construction and the set of publishers.
    "reports: no owner": "The owner is the zero address; give that of the timelock.",
    "reports: bad maximum age": "A report counts for 1 to 3,600 seconds; choose a limit between them.",
    "reports: quorum too large": "The quorum is larger than the set; lower it, or add publishers.",
    "reports: quorum too small": "A quorum is more than half of the set; raise it: any two then meet.",
    "reports: zero publisher": "A publisher is the zero address; give that of his key.",
    "reports: publisher listed twice": "Each publisher has one vote; list it once.",
    # Updates.
    "reports: no fee is due": "Reports are taken free of charge; send no value with the call.",
    "reports: wrong chain": "The payload was packed for another chain; take the reports of this one.",
    "reports: quorum missed": "The payload has fewer reports than the quorum; collect more.",
    "reports: bad price": "A price lies between 1 and 2**88 - 1, 18 decimals; leave the report out.",
    "reports: bad confidence": "A confidence is less than its price; leave the report out.",
    "reports: future": "A report is from after this block; wait, and check the publisher's clock.",
    "reports: stale": "A report is older than max_age; collect newer ones.",
    "reports: not newer": "A report is no newer than what the market has; collect newer ones.",
    "reports: not a publisher": "Its signer is not in the set, or signed for another market; leave it out.",
    "reports: duplicate signer": "A publisher signed two of the reports; keep one of them.",
    # Reading.
    "reports: no report": "The market has had no report yet; bring one by update.",
}

_FUND: Final = {
    # Construction and settings.
    "fund: no owner": "The owner is the zero address; give that of the timelock.",
    "fund: engine is set": "The engine is named once and for good; a new engine needs a new fund.",
    "fund: engine not a contract": "The engine is not a contract; deploy it first, or correct its address.",
    "fund: no engine": "The fund has no engine yet and takes no stakes; wait until it has one.",
    "fund: only engine": "Only the engine draws; see engine().",
    # Paying in.
    "fund: zero amount": "The call brings no tokens; give at least one unit.",
    "fund: amount too large": "Reserve, pot and caps stay below 2**112 units; give a smaller amount.",
    "fund: step too large": "While there are shares what is left to draw rises by 100,000 tokens, or half.",
    "fund: too soon": "A day lies between two rises of a market's cap; wait.",
    "fund: no receiver": "The receiver is the zero address; give that of who shall have it.",
    "fund: zero shares": "The assets are worth less than a share; stake more.",
    # Leaving.
    "fund: no shares": "The call names no shares; give at least one, or cancel the request instead.",
    "fund: not enough shares": "The account has fewer shares; see shares_of().",
    "fund: no exit requested": "The account has no request to leave, or its shares are void; request first.",
    "fund: exit too early": "An exit is claimed 14 days after its request; see pending_exit().",
    "fund: exit expired": "An exit is claimed within 21 days of its request; request it anew.",
    "fund: nothing to claim": "The shares are worth less than a unit; there is nothing to be paid.",
}

_FEES: Final = {
    # Construction and settings.
    "fees: no owner": "The owner is the zero address; give that of the timelock.",
    "fees: not a contract": "Engine or insurance fund is no contract; correct its address.",
    "fees: other token": "The insurance fund's token is not the engine's; give the engine's own fund.",
    "fees: no recipient": "The zero address has a share; name who gets it, or set the share to 0.",
    "fees: bad recipient": "A recipient is the distributor, or the vault is the fund; name another.",
    "fees: bad shares": "There is not one share for each of the others; give as many shares as addresses.",
    "fees: share out of bounds": "A share is beyond its bound; docs/risk.md lists the bounds.",
    "fees: shares not whole": "The shares of fees, or of penalties, are not 10,000 in all; correct them.",
    "fees: bad floor": "The floor is over 1,000,000 whole tokens; give a lower one, in the token's units.",
    # Distribution.
    "fees: step too large": "A change is of half of what was, or of a least step; docs/parameters.md.",
    "fees: too soon": "A day lies between two changes of shares or floor; wait.",
    "fees: nothing to distribute": "No fees over the floor and no penalties came in; see preview().",
    "fees: nothing to deliver": "The pot is empty; see deliverable(), and distribute() first.",
    "fees: nothing to claim": "The caller's pot is empty; see claimable(), and distribute() first.",
    "fees: no receiver": "The receiver is the zero address; give that of who shall have it.",
}

_TRIGGERS: Final = {
    # Construction.
    "triggers: not a contract": "The engine is not a contract; deploy it first, or correct its address.",
    "triggers: other token": "The token is not the engine's collateral; give that one.",
    # Placing and cancelling.
    "triggers: not the owner": "Only the account's owner may do this; call from his address.",
    "triggers: too many triggers": "64 triggers of the account are open; cancel one, or use a sub-account.",
    "triggers: bad kind": "A kind is one of the flags of ITriggerOrders.Kind; give that one alone.",
    "triggers: bad source": "A source is one of the flags of ITriggerOrders.Source; give that one alone.",
    "triggers: bad tick": "A tick is 1 to 2**18 - 2; a trailing stop has none: give 0.",
    "triggers: bad limit": "A limit kind rests at a tick of 1 to 2**18 - 2; other kinds have 0.",
    "triggers: bad slippage": "It is below 10,000 bps, or at most 2**18 - 2 ticks; limit kinds have 0.",
    "triggers: bad distance": "1 to 9,999 bps, or to 2**18 - 2 ticks, of a trailing stop; others have 0.",
    "triggers: bad size": "A size is below 2**28 lots; only a reduce-only trigger may name none.",
    "triggers: bad expiry": "An expiry is to come and below 2**32; only limit kinds have one of the order.",
    "triggers: bad tip": "A tip is below 2**80 token units; offer less.",
    "triggers: no position": "The account has no position in the market to attach to; open one first.",
    "triggers: bad side": "Attached and reduce-only, it would not reduce the position; take the other side.",
    # Executing.
    "triggers: unknown trigger": "It was executed or removed, or never was; see triggers_of().",
    "triggers: too little gas": "An execution begins with 1,500,000 gas and uses less; give it as much.",
    "triggers: price not fit": "The oracle's price is STALE or HALTED; wait for another.",
    "triggers: mark too old": "The mark is older than max_mark_age; run the auction.",
    "triggers: no clearing price": "No auction has traded enough to tell a price; wait for one.",
    "triggers: not triggered": "The reference has not reached the price; see trigger() and mark().",
    "triggers: failed without reason": "The engine ran out of gas; give more.",
    "triggers: not trailing": "Only a trailing stop has an extreme to move; give the id of one.",
    "triggers: not void": "It has not expired, and its position and grid are there; leave it.",
    # What `executable` tells, and why a trigger is parked.
    "triggers: expired": "Its expiry has come; sweep it.",
    "triggers: void": "Its position is closed or has turned, or its market has another grid; sweep it.",
    "triggers: nothing to close": "No position on that side, or open orders close all of it; cancel one.",
    # Being paid.
    "triggers: no receiver": "The receiver is the zero address; give that of who shall have it.",
    "triggers: nothing to claim": "The caller has no credit; see claimable().",
}

_TOKEN: Final = {
    "token: not a contract": "The token is not a contract; correct its address.",
    "token: bad decimals": "The collateral has 6 to 18 decimals; use another token.",
    "token: transfer refused": "The token returned false; see to balance, approval and its own rules.",
    "token: inexact transfer": "Another amount moved than was asked for; use a token that takes no fee.",
}

_SNEKMATE: Final = {
    # Of the library that contracts import: its own words, some longer than 32 bytes.
    "ownable: caller is not the owner": "Only the contract's owner may do this; see owner().",
    "ownable_2step: caller is not the new owner": "Only pending_owner() accepts; transfer ownership first.",
    "ecdsa: invalid signature": "A signature is nobody's: v is not 27 or 28, or r no point; sign again.",
    "ecdsa: invalid signature `s` value": "s is over half of the order; give the signature's lower twin.",
    "erc20: transfer to the zero address": "The receiver is the zero address; give another.",
    "erc20: transfer amount exceeds balance": "The account has fewer tokens; see balanceOf().",
    "erc20: approve from the zero address": "The owner is the zero address; give another.",
    "erc20: approve to the zero address": "The spender is the zero address; give another.",
    "erc20: insufficient allowance": "The owner has not approved so much for the caller; see allowance().",
    "erc20: expired deadline": "The permit's deadline has passed; sign one with a later deadline.",
    "erc20: invalid signature": "The permit was not signed by its owner, or has another nonce; sign it anew.",
    "access_control: account is missing role": "Only who has the role may do this; see hasRole().",
    "timelock_controller: operation is not ready": "It is not scheduled, its delay runs, or it was executed.",
    "timelock_controller: operation already scheduled": "The same calls are scheduled already, or were done.",
    "timelock_controller: insufficient delay": "It is below get_minimum_delay(); give a longer one.",
    "timelock_controller: operation cannot be cancelled": "It is not scheduled, or was executed already.",
    "timelock_controller: length mismatch": "Targets, amounts, payloads are as many; complete them.",
    "timelock_controller: missing dependency": "Another operation has to be executed first.",
    "timelock_controller: underlying transaction reverted": "A call reverts, without a reason.",
}

_ENGINE: Final = {
    # Construction and settings.
    "engine: not a contract": "Router, settings and views are contracts; give their addresses.",
    "engine: bad market": "A market's number is below 128 and not in use; choose another.",
    "engine: bad lot size": "A lot is more than 0 and less than 2**96 of base, 18 decimals; choose another.",
    "engine: bad tick size": "A lot times a tick is a whole number of token units below 2**48; change it.",
    "engine: no price": "The router has no live price of the market; wait, or mend its sources.",
    "engine: not the liquidator": "Only the liquidation engine calls this hook; liquidate through it.",
    "engine: batch is due": "The market's batch is over; run its auction first.",
    "engine: parts differ": "The next part is of another token or router; deploy all parts for the same.",
    "engine: bad share": "A referrer has at most 3,000 bps, a builder 1,000 ppm and an address; change it.",
    "engine: bad permit": "The token refuses the permit and nothing else allows the amount; sign it anew.",
    "engine: signature expired": "Its deadline has passed; sign anew with a later one.",
    "engine: nonce used": "The owner has used or cancelled this nonce; sign anew with another.",
    "engine: bad signature": "The owner did not sign this, here; check all fields, chain and contract.",
    "engine: answers too long": "Answers of bundled calls do not fit; bundle fewer calls.",
    "engine: no value wanted": "Only update_and_run takes value, for the oracle's fees; send none.",
    "engine: refund failed": "The caller cannot take back what the sources left; send no more than they ask.",
    "engine: reverted without reason": "The call ran out of gas or into an overflow; check its arguments.",
    "engine: no fee receiver": "Nobody gets the fees yet; set the fee receiver first.",
    "engine: bad margin": "Initial margin is 1 % to 100 %, maintenance 10 % to 90 % of it; choose others.",
    "engine: bad open interest": "The soft limit lies below the hard one, both below 2**40; choose others.",
    "engine: bad cap": "A market's cap is below 2**36 lots, an account's below 2**34; choose others.",
    "engine: bad fee": "A taker pays at most 1 %, a maker no more, nor gets more than a taker pays.",
    "engine: bad band": "Orders have a band of 10 to 5,000 bps, the mark one of 10 to 2,000; choose others.",
    "engine: bad funding": "Interest, clamp or impact lots are out of bounds: see IPerpEngine.",
    "engine: bad time": "The grace is at most 600 seconds, the age of a mark 1 to 3,600; choose others.",
    "engine: bad tip": "A tip is below 2**40 token units; choose a smaller one.",
    "engine: step too large": "A change is of half of what was or of the least step; docs/parameters.md.",
    "engine: too soon": "A day lies between two changes of a market; wait.",
    "engine: not the guardian": "Only the guardian, while it has one, may tighten; the owner configures.",
    "engine: would loosen": "The guardian only tightens: a stricter mode, more margin, lower caps.",
    "engine: paused before": "The guardian stops withdrawals once, until the owner calls `unpause`.",
    "engine: deposits paused": "New deposits are paused; accounts with positions may still be topped up.",
    "engine: bad mode": "A mode is one of four, and a settled market has no other; give one of them.",
    # Who, where and when.
    "engine: unknown market": "No market has this number; list it, or give one that is listed.",
    "engine: no such account": "An account is (owner << 8) | sub-account, of an owner who is not zero.",
    "engine: not the owner": "Only the account's owner may do this; call from his address.",
    "engine: not authorised": "The caller has no grant for this on the account; ask its owner for one.",
    "engine: grant expired": "The operator's grant has expired; ask the account's owner for another.",
    "engine: grant used up": "The operator's grant has no actions left; ask the account's owner for more.",
    "engine: bad grant": "Permissions are 0 to 3, actions below 2**32, an expiry below 2**40; give such.",
    "engine: batch not due": "The batch is still open; wait until its due time.",
    "engine: too little gas": "The vault could not have its stipend; make the call with more gas.",
    "engine: awaiting price": "The auction waits for a price of after its batch's close; bring one, or wait.",
    # What an account may do.
    "engine: amount too large": "The amount is beyond what an account can hold; use a smaller one.",
    "engine: too many markets": "An account is in 16 markets at most; close one, or use a sub-account.",
    "engine: market halted": "The market is halted; only cancels pass until it is reopened.",
    "engine: post-only mode": "The market has just reopened; post-only and reduce-only orders pass.",
    "engine: reduce-only mode": "Only orders that reduce a position pass in this market; place such a one.",
    "engine: would not reduce": "The order is reduce-only and larger than what it reduces; make it smaller.",
    "engine: price not fit": "The oracle's price does not allow this now; OracleRouter.terms tells more.",
    "engine: open interest cap": "The market has no room for more on this side; place less, or wait.",
    "engine: account cap": "One account may not hold so much in this market; place less.",
    "liquidation: no owner": "Name an owner that is not the zero address.",
    "liquidation: not a contract": "Deploy PerpEngine and InsuranceFund first, and name their addresses.",
    "liquidation: other token": "Engine and insurance fund have to hold the same token.",
    "liquidation: other engine": "The views are of another engine; deploy LiquidationViews for this one.",
    "liquidation: margin is met": "The account has the margin that this stage asks for; look at `health`.",
    "liquidation: nothing to cancel": "No orders, or such as can only reduce, which are the owner's.",
    "liquidation: not configured": "The owner has to call `configure` for the market first.",
    "liquidation: no position": "The account has no position in the market.",
    "liquidation: price not fit": "The market's price is STALE or HALTED; wait until it is LIVE or DEGRADED.",
    "liquidation: order is pending": "The batch of its order is not over; call again after its auction.",
    "liquidation: no order is pending": "There is nothing to collect for this account and market.",
    "liquidation: market is settled": "Positions of a settled market close by `settle_position`.",
    "liquidation: not so deep": "Equity is two thirds of maintenance margin, and orders fill: `liquidate`.",
    "liquidation: backstop is full": "The backstop does not carry so many lots; take fewer, or nominate.",
    "liquidation: backstop has room": "The backstop can take a part of the position: call `take_over` first.",
    "liquidation: no deficit": "No deficit, or a position is left, or a batch of its orders is due.",
    "liquidation: nominations closed": "The round is to be executed now; call `deleverage`.",
    "liquidation: nominations open": "The round is executed once they are closed; `nominees` says when.",
    "liquidation: no nominations": "Nobody opened a round, or it lapsed; call `nominate`.",
    "liquidation: not eligible": "A nominee is on the other side, with a profit and equity.",
    "liquidation: already nominated": "The account is among the nominees, with a score no lower.",
    "liquidation: score too low": "Eight nominees rank higher.",
    "liquidation: not halted so long": "Its price was good in the last three days; only the owner may.",
    "liquidation: price is fit": "A market whose price is LIVE or DEGRADED is not halted.",
    "liquidation: reported already": "It was reported, and no good price was recorded since.",
    "liquidation: bad settings": "One of the settings is out of its bounds; ILiquidationEngine tells them.",
    "liquidation: step too large": "A change is of half of what was, or of a least step; docs/parameters.md.",
    "liquidation: too soon": "A day lies between two changes of a market's settings; wait.",
    "liquidation: no buyer now": "Without batches 30 seconds pass after an order without a buyer; wait.",
    "engine: market not settled": "The market is not settled; close the position by an order.",
    "engine: settlement not open": "For an hour only the liquidation engine closes positions; wait.",
    "engine: withdrawals gated": "A deficit was shared by others; withdrawals open again when `gate` says.",
    "engine: bad price": "A lot price is above 0 and below 2**72.",
    "engine: deficit unpaid": "Accounts owe more than they have; wait until their deficits are covered.",
    "engine: margin missed": "Equity would be below what the account has to have; deposit, or do less.",
}

_VAULT: Final = {
    # Construction and settings.
    "vault: no owner": "The owner is the zero address; give that of the timelock.",
    "vault: engine not a contract": "The engine is not a contract; deploy it first, or correct its address.",
    "vault: bad market": "A market's number is below 128; give such a one.",
    "vault: bad allocation": "Allocations sum to 10,000 bps at most over all markets; allot less.",
    "vault: bad leverage": "Leverage is 1,000 to 100,000 bps of what is allotted; choose another.",
    "vault: bad spread": "A quote is 100 to 100,000 ppm from the index; choose another spread.",
    "vault: bad skew": "The skew is at most the spread; choose a smaller one.",
    "vault: bad depth": "The depth is 1 to 10,000 bps of the limit; choose another.",
    "vault: step too large": "While there are shares a change is of half of what was, or of a least step.",
    "vault: too soon": "A day lies between two changes; wait.",
    "vault: bad cooldown": "A request waits 1 to 14 days; choose a time between them.",
    "vault: bad fee": "The fee's base is at most 100 bps, its slope 900; choose smaller ones.",
    "vault: more than is short": "Anyone may recall what requests are worth less what is free; recall less.",
    "vault: account below margin": "The vault's account 0 is below initial margin: the backstop stays.",
    "vault: backstop too large": "The backstop has a fifth of the vault's equity at most; set less aside.",
    "vault: bad cap": "The cap is below 2**96 token units; choose a smaller one.",
    # Shares.
    "vault: bad receiver": "The receiver is the zero address or the vault itself; give another.",
    "vault: not enough shares": "The owner has fewer shares; see balanceOf().",
    "vault: allowance too low": "The owner has not approved so many shares for the caller; see allowance().",
    # Entering and leaving.
    "vault: price not fit": "A market where the vault has a position has no fit price; wait for one.",
    "vault: no equity": "The vault owes as much as it has; nobody can enter until it has gained.",
    "vault: shares too cheap": "Shares have lost nearly all worth; nobody can enter until the vault gains.",
    "vault: deposit cap": "The vault would be worth more than its cap; see maxDeposit().",
    "vault: zero shares": "The call is about no shares, or assets worth less than one; give more.",
    "vault: not the controller": "Only the controller or his operator may do this; see setOperator().",
    "vault: more than claimable": "Fewer shares have waited; see claimableRedeemRequest() and maxWithdraw().",
    "vault: nothing to claim": "The shares are worth less than a unit after the fee; nothing would be paid.",
    "vault: margin in use": "The vault's positions need the collateral; claim less, or later: maxRedeem().",
    "vault: asynchronous": "What a claim pays depends on its request; see maxRedeem() and maxWithdraw().",
}

_GOVERNANCE: Final = {
    # The token.
    "votes: no holder": "The holder of the supply is the zero address; give another.",
    "votes: bad supply": "The supply is more than 0 and less than 2**96 units; choose another.",
    "votes: future lookup": "Votes are known of seconds that have passed; ask for an earlier one.",
    "votes: signature expired": "The delegation's expiry has passed; sign one with a later expiry.",
    "votes: bad nonce": "The nonce is not the signer's next, or something else was signed; see nonces().",
    # The governor: construction and terms.
    "governor: token not a contract": "Deploy the token first, or correct its address.",
    "governor: not its timelock": "The timelock has to be deployed for the governor's address.",
    "governor: only timelock": "Terms are changed by proposals; make one.",
    "governor: bad setting": "The number is out of its bounds: see docs/governance.md.",
    "governor: step too large": "One change goes so far and no further; make a smaller one.",
    "governor: changed too recently": "A term changes once a week; wait.",
    # Its proposals.
    "governor: other proposer": "The description names who may propose it; only that address can.",
    "governor: too few votes": "A proposer needs proposalThreshold() votes; get delegations first.",
    "governor: bad lengths": "Targets, values and calldatas are as many, and at least one; complete them.",
    "governor: too many actions": "A proposal has at most 32 calls; split it.",
    "governor: calldata too long": "A call has at most 1,024 bytes of data; split it.",
    "governor: description too long": "A description has at most 16,384 bytes; link to the rest.",
    "governor: already proposed": "The same calls and text were proposed before; change the text.",
    "governor: unknown proposal": "Nobody proposed this; check the calls, their order and the text.",
    "governor: not pending": "Voting has begun, or the proposal was cancelled; it takes its course.",
    "governor: not the proposer": "Only its proposer cancels a proposal; vote against it.",
    "governor: not succeeded": "Only a proposal that succeeded is queued; see state().",
    "governor: not queued": "Only a queued proposal is executed; see state().",
    # Its votes.
    "governor: not active": "The vote is not open; see proposalSnapshot() and proposalDeadline().",
    "governor: already voted": "Everybody votes once a proposal.",
    "governor: bad vote type": "Support is 0 against, 1 for or 2 abstain; give one of them.",
    "governor: bad signature": "The voter did not sign this ballot, or with another nonce; see nonces().",
    # The timelock.
    "timelock: no governor": "The governor is the zero address; give the one it will have.",
    "timelock: bad delay": "The delay lies between a day and 30; choose another.",
    "timelock: only timelock": "The delay is changed by a proposal; make one.",
    "timelock: step too large": "The delay changes by two days at most; make a smaller change.",
    "timelock: changed too recently": "The delay changes once a week; wait.",
    # The treasury.
    "treasury: no owner": "The owner is the zero address; give that of the timelock.",
    "treasury: no such call": "Ether comes without data; check what was to be called.",
    "treasury: no receiver": "The receiver is the zero address; give another.",
    "treasury: zero amount": "The call is about no tokens; give an amount.",
    "treasury: amount too large": "A stream's total is below 2**128 units; choose a smaller one.",
    "treasury: not enough free": "Less is free: streams have set the rest aside; see free().",
    "treasury: payment refused": "The receiver does not take the ether; give another.",
    "treasury: bad times": "A stream ends after it starts, both within ten years; choose others.",
    "treasury: no such stream": "No stream has this number; see stream_count().",
    "treasury: stream is over": "All of the stream has accrued, or it was cancelled; let it be claimed.",
    "treasury: nothing to claim": "Nothing has accrued since the last claim; wait.",
}

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **_BOOK,
        **_ROUTER,
        **_GUARDIAN,
        **_CHAINLINK,
        **_PYTH,
        **_UNISWAP,
        **_REPORTS,
        **_ENGINE,
        **_FUND,
        **_FEES,
        **_VAULT,
        **_TRIGGERS,
        **_GOVERNANCE,
        **_TOKEN,
        **_SNEKMATE,
    }
)


def explain(reason: str) -> str:
    """Tell what `reason` means and what to do about it; KeyError where the table does not have it."""
    if reason not in REASONS:
        raise KeyError(f"{reason!r} is not in the table of reasons (walras/reasons.py)")
    return REASONS[reason]
