%% Erlang/OTP's distribution as a contender: two nodes on this machine, the same items as maps. How
%% much is done, and what is printed, is contender.erl's affair.
%%
%%   far:  erl ... -run link_contender far
%%   near: erl ... -run link_contender near -extra FAR_NODE WORK rate MS GRAIN COUNT_MAX
-module(link_contender).
-behaviour(gen_server).
-export([far/0, near/0, init/1, handle_call/3, handle_cast/2]).

-define(PER_TURN, 1000).

far() ->
    register(counter, spawn(fun() -> counter(0) end)),
    register(echo, spawn(fun echo/0)),
    {ok, _} = gen_server:start({local, server}, ?MODULE, none, []),
    io:format("ready~n").

near() ->
    logger:set_primary_config(level, none),
    [Node, Work, Kind | Numbers] = init:get_plain_arguments(),
    Far = list_to_atom(Node),
    connected(Far, 100),
    Run = work(Work, Far),
    contender:report(list_to_atom(Kind), Run, [list_to_integer(Number) || Number <- Numbers]),
    halt(0, [{flush, true}]).

connected(Far, Left) when Left > 0 ->
    case net_kernel:connect_node(Far) of
        true -> ok;
        _ -> timer:sleep(50), connected(Far, Left - 1)
    end.

%% ---- the works: each answers a function from a count to what was counted

work("stream", Far) ->
    Counter = {counter, Far},
    fun(Count) ->
        produce(0, Count, Counter),
        Counter ! {report, self()},
        receive {count, N} -> N end
    end;
work("send " ++ InFlight, Far) ->
    Ask = fun(Item) ->
        Ref = make_ref(),
        {echo, Far} ! {next, self(), Ref, Item},
        receive {Ref, Next} -> Next end
    end,
    lanes(list_to_integer(InFlight), Ask);
work("call " ++ InFlight, Far) ->
    lanes(list_to_integer(InFlight), fun(Item) -> gen_server:call({server, Far}, {next, Item}) end).

produce(Count, Count, _) -> ok;
produce(Id, Count, Counter) ->
    Counter ! {add, item(Id)},
    if Id rem ?PER_TURN =:= ?PER_TURN - 1 -> erlang:yield(); true -> ok end,
    produce(Id + 1, Count, Counter).

%% A process each, which asks anew after each answer.
lanes(InFlight, Ask) ->
    fun(Count) ->
        Self = self(),
        Shares = [Count div InFlight + (if I =< Count rem InFlight -> 1; true -> 0 end)
                  || I <- lists:seq(1, InFlight)],
        [spawn_link(fun() -> Self ! {lane, lane(Ask, 0, Share, [])} end) || Share <- Shares],
        Latencies = lists:append([receive {lane, Taken} -> Taken end || _ <- Shares]),
        {length(Latencies), Latencies}
    end.

lane(_, Count, Count, Latencies) -> Latencies;
lane(Ask, Id, Count, Latencies) ->
    Start = erlang:monotonic_time(nanosecond),
    Next = Ask(item(Id)),
    Next = Id + 1,
    lane(Ask, Next, Count, [(erlang:monotonic_time(nanosecond) - Start) / 1.0e6 | Latencies]).

item(Id) ->
    #{id => Id, from => <<"worker-17">>, kind => <<"progress">>, share => Id / 7,
      at => 1700000000000 + Id, note => <<"a strip of the picture is ready">>}.

%% ---- the far node

counter(N) ->
    receive
        {add, _Item} -> counter(N + 1);
        {report, To} -> To ! {count, N}, counter(0)
    end.

echo() ->
    receive {next, From, Ref, #{id := Id}} -> From ! {Ref, Id + 1}, echo() end.

init(none) -> {ok, none}.
handle_call({next, #{id := Id}}, _, State) -> {reply, Id + 1, State}.
handle_cast(_, State) -> {noreply, State}.
