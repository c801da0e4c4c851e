namespace VfioSharp.Tests.Mono;

/// <summary>Tests that cannot pass here for a reason that lies outside the library.</summary>
internal static class Inapplicable
{
    private const string LoadStore = "it is about loads and stores, which reach no device on IBM Z";

    private const string Duplicate =
        "QEMU's user mode emulation swaps the bytes of an eventfd's counter, but not those of its duplicate, by which the test's kernel signals";

    /// <summary>Why a test is not run, by its name.</summary>
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["BlockStoreTests.Loads_and_stores_take_registers_and_nothing_longer"] = LoadStore,
        ["ErrorStateTests.A_load_is_judged_like_a_request"] = LoadStore,
        ["ErrorStateTests.Elsewhere_all_ones_without_an_event_are_the_register_s_and_nobody_is_asked"] = LoadStore,
        ["IbmZWindowTests.A_mapping_that_is_no_memory_of_this_process_is_never_loaded_from"] = LoadStore,
        ["EnableTests.A_vector_is_fired_by_software"] = Duplicate,
        ["EnableTests.Interrupts_are_measured_by_index"] = Duplicate,
        ["ErrorWatchTests.A_vector_of_the_program_s_own_is_looked_at_and_left_alone"] = Duplicate,
        ["LeakTests.A_wait_that_finds_no_descriptor_for_the_watch_leaves_the_vector_usable"] = Duplicate,
        ["LeakTests.Opening_and_closing_leaves_no_descriptor_and_no_thread_behind"] = Duplicate,
    };
}
