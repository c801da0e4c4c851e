using Mono.Cecil;
using Mono.Cecil.Cil;

namespace VfioSharp.MonoFixup;

/// <summary>
/// Finds the value types whose bytes mean something outside the runtime: something points to them, asks for their size, or takes them as
/// bytes. Their layout must stay.
/// </summary>
internal sealed class InteropTypes
{
    private readonly HashSet<TypeDefinition> _found = [];

    /// <summary>Looks through every signature and body.</summary>
    public InteropTypes(PublishedAssemblies assemblies)
    {
        foreach (var type in assemblies.All.SelectMany(assembly => assembly.MainModule.GetTypes()))
        {
            if (type.IsValueType && (type.IsExplicitLayout || type.ClassSize > 0 || type.PackingSize > 0))
                Add(type);
            foreach (var field in type.Fields)
                Visit(field.FieldType);
            foreach (var method in type.Methods)
                Visit(method);
        }
    }

    /// <summary>Whether the layout of a type must stay.</summary>
    public bool Contains(TypeDefinition type) => _found.Contains(type);

    private void Visit(MethodDefinition method)
    {
        VisitSignature(method);
        if (!method.HasBody)
            return;
        foreach (var variable in method.Body.Variables)
            Visit(variable.VariableType);
        foreach (var instruction in method.Body.Instructions)
        {
            switch (instruction.Operand)
            {
                case TypeReference type when instruction.OpCode == OpCodes.Sizeof:
                    Add(type);
                    break;
                case TypeReference type:
                    Visit(type);
                    break;
                case GenericInstanceMethod called:
                    VisitArguments(called);
                    VisitSignature(called.ElementMethod);
                    break;
                case IMethodSignature signature:
                    VisitSignature(signature);
                    break;
            }
        }
    }

    private void VisitSignature(IMethodSignature signature)
    {
        Visit(signature.ReturnType);
        foreach (var parameter in signature.Parameters)
            Visit(parameter.ParameterType);
    }

    private void Visit(TypeReference type)
    {
        switch (type)
        {
            case PointerType pointer:
                Add(pointer.ElementType);
                Visit(pointer.ElementType);
                break;
            case FunctionPointerType function:
                VisitSignature(function);
                foreach (var parameter in function.Parameters)
                    Add(parameter.ParameterType);
                Add(function.ReturnType);
                break;
            case TypeSpecification specification:
                Visit(specification.ElementType);
                break;
        }
    }

    // What a method with the constraint "unmanaged" does with its argument, and what these classes do, needs the bytes.
    private void VisitArguments(GenericInstanceMethod called)
    {
        var takesBytes = called.DeclaringType.Name is "MemoryMarshal" or "Unsafe" or "Marshal";
        var parameters = ValueTypes.Definition(called.DeclaringType) is null ? called.ElementMethod.GenericParameters : called.Resolve().GenericParameters;
        for (var index = 0; index < called.GenericArguments.Count; index++)
        {
            if (takesBytes || parameters[index].CustomAttributes.Any(attribute => attribute.AttributeType.Name == "IsUnmanagedAttribute"))
                Add(called.GenericArguments[index]);
        }
    }

    private void Add(TypeReference type)
    {
        if (ValueTypes.Definition(type) is not { IsValueType: true, IsEnum: false } definition || !_found.Add(definition))
            return;
        foreach (var field in definition.Fields.Where(field => !field.IsStatic))
            Add(field.FieldType);
    }
}
