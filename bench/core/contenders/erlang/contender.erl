%% Erlang/OTP as a contender: the same works as in JavaScript, with the same way to find out how much
%% to do. Prints one line of JSON.
%%
%%   erl ... -run contender main -- WORK ACTORS rate MS GRAIN COUNT_MAX
%%   erl ... -run contender main -- WORK ACTORS population COUNT WARM_UP
-module(contender).
-behaviour(gen_server).
-export([main/0, report/3, init/1, handle_call/3, handle_cast/2, start_fragile/1]).

-define(PER_TURN, 1000).

main() ->
    logger:set_primary_config(level, none),
    [Work, Actors, Kind | Numbers] = init:get_plain_arguments(),
    Run = work(list_to_atom(Work), list_to_integer(Actors)),
    report(list_to_atom(Kind), Run, [list_to_integer(Number) || Number <- Numbers]),
    halt(0, [{flush, true}]).

report(rate, Run, [Ms, Grain, CountMax]) ->
    Count = warm_count(Run, Ms, Grain, CountMax, Grain),
    {Elapsed, Latencies} = counted(Run, Count),
    io:format("{\"n\":~b,\"elapsedMs\":~p~ts}~n", [Count, Elapsed, latencies(Latencies)]);
report(population, Run, [Count, WarmUp]) ->
    counted(Run, WarmUp),
    {Heap0, Rss0} = memory_now(),
    {Elapsed, _} = counted(Run, Count),
    {Heap1, Rss1} = memory_now(),
    io:format("{\"n\":~b,\"elapsedMs\":~p,\"bytes\":~p,\"residentBytes\":~p}~n",
              [Count, Elapsed, (Heap1 - Heap0) / Count, (Rss1 - Rss0) / Count]).

latencies([]) -> "";
latencies(Ms) -> [",\"latenciesMs\":[", lists:join(",", [io_lib:format("~p", [M]) || M <- Ms]), "]"].

warm_count(Run, Ms, Grain, CountMax, Count) ->
    {Elapsed, _} = counted(Run, Count),
    if
        Elapsed < Ms / 3, Count < CountMax ->
            warm_count(Run, Ms, Grain, CountMax, min(CountMax, Count * 2));
        true ->
            Wanted = ceil(Count * Ms / Elapsed / Grain) * Grain,
            max(Grain, min(CountMax, Wanted))
    end.

counted(Run, Count) ->
    erlang:garbage_collect(),
    Start = erlang:monotonic_time(nanosecond),
    {Done, Latencies} = case Run(Count) of {N, List} -> {N, List}; N -> {N, []} end,
    Elapsed = (erlang:monotonic_time(nanosecond) - Start) / 1.0e6,
    Count = Done,
    {Elapsed, Latencies}.

memory_now() ->
    {ok, Status} = file:read_file("/proc/self/status"),
    {match, [Kilobytes]} = re:run(Status, "VmRSS:\\s+(\\d+)", [{capture, [1], list}]),
    {erlang:memory(total), list_to_integer(Kilobytes) * 1024}.

%% ---- the works: each answers a function from a count to what was counted

work(tell, _) ->
    Counter = spawn_link(fun() -> counter(0) end),
    fun(Count) -> produce(Count, fun(I) -> Counter ! {add, I, 1} end), told(Counter) end;
work(cast, _) ->
    {ok, Counter} = gen_server:start_link(?MODULE, counter, []),
    fun(Count) ->
        produce(Count, fun(I) -> gen_server:cast(Counter, {add, I, 1}) end),
        gen_server:call(Counter, report, infinity)
    end;
work(ask, _) ->
    Responder = spawn_link(fun responder/0),
    from_actor(fun(Count) -> ask(Responder, 0, Count) end);
work(call, _) ->
    {ok, Responder} = gen_server:start_link(?MODULE, responder, []),
    from_actor(fun(Count) -> call(Responder, 0, Count) end);
work('ping-pong', _) -> work(ring, 2);
work(ring, Actors) ->
    Self = self(),
    Stations = [spawn_link(fun() -> station(Self, 0) end) || _ <- lists:seq(1, Actors)],
    [First | Rest] = Stations,
    [From ! {join, To} || {From, To} <- lists:zip(Stations, Rest ++ [First])],
    fun(Count) ->
        First ! {take, Count},
        receive over -> ok end,
        lists:sum([told(Station) || Station <- Stations])
    end;
work('fan-in', Actors) ->
    Counter = spawn_link(fun() -> counter(0) end),
    Self = self(),
    Senders = [spawn_link(fun() -> sender(I, Counter, Self) end) || I <- lists:seq(1, Actors)],
    fun(Count) ->
        [Sender ! {send, Count div Actors} || Sender <- Senders],
        [receive sent -> ok end || _ <- Senders],
        told(Counter)
    end;
work(scattered, Actors) ->
    Tally = counters:new(1, [write_concurrency]),
    Pids = list_to_tuple([spawn_link(fun() -> tallying(Tally) end) || _ <- lists:seq(1, Actors)]),
    Places = list_to_tuple(places(1 bsl 20, 16#9e3779b9, Actors)),
    fun(Count) ->
        Before = counters:get(Tally, 1),
        produce(Count, fun(I) ->
            element(element((I band (1 bsl 20 - 1)) + 1, Places), Pids) ! {add, I, 1}
        end),
        tallied(Tally, Before + Count) - Before
    end;
work(spawn, _) ->
    fun(Count) ->
        Pids = [spawn(fun idle/0) || _ <- lists:seq(1, Count)],
        lists:last(Pids) ! {who, self()},
        receive {me, _} -> ok end,
        put(Count, Pids),
        erlang:garbage_collect(),
        length([Pid || Pid <- Pids, is_process_alive(Pid)])
    end;
work(restart, _) ->
    Self = self(),
    Child = #{id => fragile, start => {?MODULE, start_fragile, [Self]}},
    Terms = {#{strategy => one_for_one, intensity => 10000000, period => 1}, [Child]},
    {ok, _} = supervisor:start_link(?MODULE, {supervisor, Terms}),
    fun(Count) -> restarts(receive {born, Pid} -> Pid end, Count, []) end.

produce(Count, Send) -> produce(0, Count, Send).
produce(Count, Count, _) -> erlang:yield();
produce(I, Count, Send) ->
    Send(I),
    if I rem ?PER_TURN =:= ?PER_TURN - 1 -> erlang:yield(); true -> ok end,
    produce(I + 1, Count, Send).

%% The work is done by a process that is not this one, as an actor asks an actor.
from_actor(Work) ->
    fun(Count) ->
        Self = self(),
        spawn_link(fun() -> Self ! {over, Work(Count)} end),
        receive {over, Done} -> Done end
    end.

ask(_, Count, Count) -> Count;
ask(Responder, Value, Count) ->
    Ref = make_ref(),
    Responder ! {next, self(), Ref, Value},
    receive {Ref, Next} -> ask(Responder, Next, Count) end.

call(_, Count, Count) -> Count;
call(Responder, Value, Count) -> call(Responder, gen_server:call(Responder, {next, Value}), Count).

told(Pid) ->
    Pid ! {report, self()},
    receive {count, N} -> N end.

tallied(Tally, Target) ->
    case counters:get(Tally, 1) of
        N when N >= Target -> N;
        _ -> erlang:yield(), tallied(Tally, Target)
    end.

restarts(Pid, 0, Latencies) ->
    self() ! {born, Pid},
    {length(Latencies), Latencies};
restarts(Pid, Left, Latencies) ->
    Start = erlang:monotonic_time(nanosecond),
    gen_server:cast(Pid, fail),
    Next = receive {born, Born} -> Born end,
    {instance, Next} = gen_server:call(Next, instance),
    Elapsed = (erlang:monotonic_time(nanosecond) - Start) / 1.0e6,
    restarts(Next, Left - 1, [Elapsed | Latencies]).

places(0, _, _) -> [];
places(Left, State0, Size) ->
    State1 = (State0 bxor (State0 bsl 13)) band 16#ffffffff,
    State2 = State1 bxor (State1 bsr 17),
    State3 = (State2 bxor (State2 bsl 5)) band 16#ffffffff,
    [State3 rem Size + 1 | places(Left - 1, State3, Size)].

%% ---- processes

counter(N) ->
    receive
        {add, _From, By} -> counter(N + By);
        {report, To} -> To ! {count, N}, counter(0)
    end.

responder() ->
    receive {next, From, Ref, Value} -> From ! {Ref, Value + 1}, responder() end.

station(Owner, N) ->
    receive {join, Next} -> station(Owner, Next, N) end.
station(Owner, Next, N) ->
    receive
        {take, 1} -> Owner ! over, station(Owner, Next, N + 1);
        {take, Left} -> Next ! {take, Left - 1}, station(Owner, Next, N + 1);
        {report, To} -> To ! {count, N}, station(Owner, Next, 0)
    end.

sender(From, Counter, Owner) ->
    receive
        {send, Share} ->
            [Counter ! {add, From, 1} || _ <- lists:seq(1, Share)],
            Owner ! sent,
            sender(From, Counter, Owner)
    end.

tallying(Tally) ->
    receive {add, _From, By} -> counters:add(Tally, 1, By), tallying(Tally) end.

idle() ->
    receive {who, From} -> From ! {me, self()}, idle() end.

%% ---- gen_server and supervisor

start_fragile(Owner) -> gen_server:start_link(?MODULE, {fragile, Owner}, []).

init(counter) -> {ok, 0};
init(responder) -> {ok, none};
init({fragile, Owner}) -> Owner ! {born, self()}, {ok, none};
init({supervisor, Terms}) -> {ok, Terms}.

handle_call(report, _, N) -> {reply, N, 0};
handle_call(instance, _, State) -> {reply, {instance, self()}, State};
handle_call({next, Value}, _, State) -> {reply, Value + 1, State}.

handle_cast({add, _From, By}, N) -> {noreply, N + By};
handle_cast(fail, _) -> error(on_purpose).
