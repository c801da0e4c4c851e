using VfioSharp.Backends.VfioUser.Wire;

namespace VfioSharp.Fuzz;

/// <summary>Changes a conversation: single messages, their order, and what lies between them.</summary>
internal static class ConversationMutator
{
    private const int MostMutations = 8;
    private const int LongestJunkInBytes = 200;

    /// <summary>Changes a conversation, or leaves it as it is: one in six has to go on to work.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="dice">Says what is changed.</param>
    public static void Mutate(Conversation conversation, Dice dice)
    {
        if (dice.OneIn(20))
            PostAll(conversation.Messages);
        if (dice.OneIn(6))
            return;
        for (var i = dice.Between(1, MostMutations); i > 0; i--)
            MutateOnce(conversation.Messages, dice);
    }

    // Nobody is to say what became of anything but the version.
    private static void PostAll(List<FuzzMessage> messages)
    {
        foreach (var message in messages.Skip(1))
            message.Header = message.Header with { Flags = message.Header.Flags | VfioUserHeader.FlagNoReply };
    }

    private static void MutateOnce(List<FuzzMessage> messages, Dice dice)
    {
        var at = dice.Below(messages.Count);
        switch (dice.Below(16))
        {
            case 0:
                messages.Insert(dice.Below(messages.Count + 1), messages[at].Copy());
                break;
            case 1:
                var other = dice.Below(messages.Count);
                (messages[at], messages[other]) = (messages[other], messages[at]);
                break;
            case 2 when messages.Count > 1:
                messages.RemoveAt(at);
                break;
            case 3:
                var reply = messages[at].Copy();
                reply.Header = reply.Header with { Flags = VfioUserHeader.TypeReply };
                messages.Insert(dice.Below(messages.Count + 1), reply);
                break;
            case 4 when dice.OneIn(4):
                messages.Insert(at, new FuzzMessage(dice.Bytes(dice.Between(1, LongestJunkInBytes))));
                break;
            case 5 when messages.Count > 2:
                messages.RemoveRange(at, messages.Count - at - (at == 0 ? 1 : 0));
                break;
            default:
                MessageMutator.Mutate(messages[at], dice);
                break;
        }
    }
}
